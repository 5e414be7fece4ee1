import { describe, expect, test } from '@jest/globals'
import { CardSlots } from './card-slots.ts'
import type { CardLane } from './sql/card-captures.ts'

function slotsAt() {
  const clock = { ms: 0 }
  const slots = new CardSlots({ captures: 8, refunds: 4, questions: 2 }, () => clock.ms)
  const enter = (lane: CardLane, count: number) => Array.from({ length: count }, () => slots.enter(lane))
  return { clock, slots, enter }
}

describe('slots', () => {
  test('each lane has its own: what hangs in one takes none of another, and repeats have a quarter', () => {
    const { slots, enter } = slotsAt()
    const sizes = { capture: 8, 'capture again': 2, question: 2, void: 2, refund: 4, 'refund again': 1 }
    expect(Object.fromEntries(slots.free())).toEqual(sizes)
    const leave = enter('capture', 8)
    enter('capture again', 1)
    const { capture: _taken, ...others } = sizes
    expect(Object.fromEntries(slots.free())).toEqual({ ...others, 'capture again': 1 })
    leave[0]?.()
    expect(slots.free().get('capture')).toBe(1)
    expect(slots.running().filter(({ count }) => count > 0)).toEqual([
      { lane: 'capture', count: 7 },
      { lane: 'capture again', count: 1 },
    ])
  })
})

describe('the time that a capture is expected to take', () => {
  test('is the mean of the last calls while there is a free slot', () => {
    const { clock, slots, enter } = slotsAt()
    expect(slots.expectedMs()).toBe(0)
    const leave = enter('capture', 2)
    clock.ms = 100
    leave[0]?.()
    clock.ms = 300
    leave[1]?.()
    expect(slots.expectedMs()).toBe(200)
  })

  test('grows with those that wait for a slot: by one call for as many as there are slots', () => {
    const { clock, slots, enter } = slotsAt()
    const [leave] = enter('capture', 1)
    clock.ms = 200
    leave?.()
    slots.noteWaiting(16)
    expect(slots.expectedMs()).toBe(600)
  })

  test('is known while the calls of all slots hang, before the first of them ends', () => {
    const { clock, slots, enter } = slotsAt()
    const [leave] = enter('capture', 1)
    clock.ms = 100
    leave?.()
    enter('capture', 8)
    clock.ms = 3_100
    expect(slots.expectedMs()).toBeGreaterThan(2_500)
  })

  test('is not made longer by repeats and refunds, and forgets what was half a minute ago', () => {
    const { clock, slots, enter } = slotsAt()
    const leave = [...enter('capture', 1), ...enter('capture again', 2), ...enter('refund', 4)]
    clock.ms = 4_000
    leave[0]?.()
    expect(slots.expectedMs()).toBe(4_000)
    clock.ms = 40_000
    expect(slots.expectedMs()).toBe(0)
  })
})
