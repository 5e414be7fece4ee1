import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SeatMap, seatChanges, seatStatuses } from './seat-map.ts'

const seats = Array.from({ length: 20 }, (_, index) => ({
  seatId: index + 1,
  seatNumber: index + 1,
  section: 'Floor "A"',
  row: 'A',
  grade: index < 5 ? 'VIP' : 'R',
  price: 1_000,
}))
const info = { scheduleId: 1 }

function shown(map: SeatMap, filter = {}): { seatId: number; status: string }[] {
  return JSON.parse(map.render(info, filter).body.toString()).data.seats
}

describe('SeatMap', () => {
  test('every seat is available until it is taken', () => {
    const map = new SeatMap(seats)
    expect(shown(map)).toEqual(seats.map((seat) => ({ ...seat, status: 'AVAILABLE' })))
    map.update({ heldSeatIds: [2], soldSeatIds: [20] }, 1)
    expect(map.availableCount).toBe(18)
    expect(shown(map)[1]?.status).toBe('HOLD')
    expect(shown(map)[19]?.status).toBe('SOLD_OUT')
  })

  test('filters by status and grade', () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [1], soldSeatIds: [6] }, 1)
    expect(shown(map, { grade: 'VIP', status: 'AVAILABLE' }).map(({ seatId }) => seatId)).toEqual([
      2, 3, 4, 5,
    ])
    expect(shown(map, { status: 'SOLD_OUT' }).map(({ seatId }) => seatId)).toEqual([6])
    expect(shown(map, { grade: 'none such' })).toEqual([])
  })

  test('what is shown of one filter is not shown of another', () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [1], soldSeatIds: [6] }, 1)
    const ids = (filter: object) => shown(map, filter).map(({ seatId }) => seatId)
    for (let round = 0; round < 2; round += 1) {
      expect([ids({ status: 'HOLD' }), ids({ status: 'SOLD_OUT' })]).toEqual([[1], [6]])
      expect([ids({ grade: 'VIP' }).length, ids({ grade: 'R' }).length, ids({}).length]).toEqual([5, 15, 20])
    }
  })

  test('grades that a client makes up do not push the known answers out', () => {
    const map = new SeatMap(seats)
    const first = map.render(info, {})
    for (let grade = 0; grade < 20; grade += 1) map.render(info, { grade: `none ${grade}` })
    expect(map.render(info, {})).toBe(first)
  })

  test('the answer and its tag stay the same until a seat changes', () => {
    const map = new SeatMap(seats)
    const first = map.render(info, {})
    map.update({ heldSeatIds: [], soldSeatIds: [] }, 1)
    expect(map.render(info, {})).toBe(first)
    map.update({ heldSeatIds: [3], soldSeatIds: [] }, 2)
    expect(map.render(info, {}).tag).not.toBe(first.tag)
    map.update({ heldSeatIds: [], soldSeatIds: [] }, 3)
    expect(map.render(info, {}).tag).toBe(first.tag)
    expect(map.render({ ...info, status: 'CLOSED' }, {}).tag).not.toBe(first.tag)
  })

  test('a list that was asked for earlier does not undo a newer one', () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [3], soldSeatIds: [] }, 2)
    map.update({ heldSeatIds: [], soldSeatIds: [] }, 1)
    expect(shown(map)[2]?.status).toBe('HOLD')
  })

  test('of two lists that were asked for in one millisecond the later answer counts', () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [3], soldSeatIds: [] }, 2)
    map.update({ heldSeatIds: [], soldSeatIds: [3] }, 2)
    expect(shown(map)[2]?.status).toBe('SOLD_OUT')
  })

  test('only the seats that changed are told', () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [3, 4], soldSeatIds: [5] }, 1)
    const before = map.statuses
    map.update({ heldSeatIds: [3, 9], soldSeatIds: [4, 5] }, 2)
    expect(seatChanges(before, map.statuses)).toEqual([
      { seatId: 4, status: 'SOLD_OUT' },
      { seatId: 9, status: 'HOLD' },
    ])
  })

  test('the changes between any two states turn one into the other', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 20 }))
    fc.assert(
      fc.property(ids, ids, ids, ids, (held1, sold1, held2, sold2) => {
        const map = new SeatMap(seats)
        map.update({ heldSeatIds: held1, soldSeatIds: sold1 }, 1)
        const before = map.statuses
        const states = before.slice()
        map.update({ heldSeatIds: held2, soldSeatIds: sold2 }, 2)
        for (const { seatId, status } of seatChanges(before, map.statuses)) {
          states[seatId - 1] = seatStatuses.indexOf(status)
        }
        expect(states).toEqual(map.statuses)
      }),
    )
  })
})
