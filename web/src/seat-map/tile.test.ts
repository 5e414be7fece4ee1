import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anyLayout } from './layouts.fixture.ts'
import { planSeats } from './plan-seats.ts'
import { covers } from './tile.ts'
import { fitView, keepInSight, panView, toFrame, zoomView } from './view.ts'

const FRAME = { width: 800, height: 500 }
const MARGIN = 200
const PICTURE = { width: FRAME.width + 2 * MARGIN, height: FRAME.height + 2 * MARGIN }
const pixels = fc.integer({ min: -600, max: 600 })
const factor = fc.double({ min: 0.5, max: 12, noNaN: true })

test('a picture is only kept while every seat in the frame is on it, and a pan within its margin keeps it', () => {
  fc.assert(
    fc.property(anyLayout, factor, factor, pixels, pixels, (layout, drawnAt, shownAt, dx, dy) => {
      const plan = planSeats(layout)
      const start = zoomView(fitView(plan, FRAME), drawnAt, { x: 400, y: 250 }, plan, FRAME)
      const picture = panView(start, MARGIN, MARGIN)
      const zoomed = zoomView(start, shownAt, { x: 300, y: 200 }, plan, FRAME)
      const view = keepInSight(panView(zoomed, dx, dy), plan, FRAME)
      if (covers(picture, PICTURE, view, FRAME, plan)) {
        const lost = plan.seats.filter(
          (seat) => isIn(toFrame(view, seat), FRAME) && !isIn(toFrame(picture, seat), PICTURE),
        )
        expect(lost).toEqual([])
      }
      const near = panView(start, Math.sign(dx) * MARGIN, Math.sign(dy) * MARGIN)
      expect(covers(picture, PICTURE, near, FRAME, plan)).toBe(true)
    }),
  )
})

test('where all of the plan is on the picture, no pan draws it anew; a pan that shows more of it does', () => {
  const plan = { width: 100, height: 60 }
  const all = fitView(plan, FRAME)
  const picture = panView(all, MARGIN, MARGIN)
  expect(covers(picture, PICTURE, panView(all, 700, 450), FRAME, plan)).toBe(true)
  const near = zoomView(all, 6, { x: 400, y: 250 }, plan, FRAME)
  expect(covers(panView(near, MARGIN, MARGIN), PICTURE, panView(near, MARGIN + 2, 0), FRAME, plan)).toBe(
    false,
  )
})

function isIn(
  { x, y }: { x: number; y: number },
  { width, height }: { width: number; height: number },
): boolean {
  return x >= -0.5 && y >= -0.5 && x <= width + 0.5 && y <= height + 0.5
}
