import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pinch, wheelFactor } from './gestures.ts'
import { glideAt } from './glide.ts'

const point = fc.record({ x: fc.integer({ min: 0, max: 900 }), y: fc.integer({ min: 0, max: 900 }) })

test('a pinch and the way back undo each other', () => {
  fc.assert(
    fc.property(point, point, point, (before, now, other) => {
      expect(pinch(before, now, other).factor * pinch(now, before, other).factor).toBeCloseTo(1)
    }),
  )
})

test('fingers twice as far apart make it twice as large, around the middle between them', () => {
  expect(pinch({ x: 100, y: 0 }, { x: 200, y: 0 }, { x: 0, y: 0 })).toEqual({
    factor: 2,
    from: { x: 50, y: 0 },
    to: { x: 100, y: 0 },
  })
})

test('a wheel turned away makes it larger, in lines as in pixels, and never by more than a notch or two at once', () => {
  const turn = (deltaY: number, deltaMode = 0, ctrlKey = false) => wheelFactor({ deltaY, deltaMode, ctrlKey })
  expect(turn(-100)).toBeGreaterThan(1.2)
  expect(turn(100)).toBeCloseTo(1 / turn(-100))
  expect(turn(-3, 1)).toBeCloseTo(turn(-60))
  expect(turn(-10_000)).toBeLessThan(2)
  expect(turn(-2, 0, true)).toBeGreaterThan(turn(-2))
})

test('a glide begins where it was, ends where it should, and keeps one place still on the way', () => {
  const glide = { from: { x: 0, y: 0, scale: 10 }, to: { x: -100, y: -60, scale: 20 }, startedAtMs: 1_000 }
  expect(glideAt(glide, 990)).toEqual({ view: glide.from, isOver: false })
  expect(glideAt(glide, 2_000)).toEqual({ view: glide.to, isOver: true })
  // The place (10, 6) is at pixel (100, 60) in both views.
  const { view, isOver } = glideAt(glide, 1_050)
  expect(isOver).toBe(false)
  expect(view.x + 10 * view.scale).toBeCloseTo(100)
  expect(view.y + 6 * view.scale).toBeCloseTo(60)
})
