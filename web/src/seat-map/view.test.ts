import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { bringIntoFrame, centreOn, fitView, keepInSight, toFrame, toPlan, zoomView } from './view.ts'

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const size = (min: number, max: number) => fc.record({ width: number(min, max), height: number(min, max) })
const plan = size(5, 300)
const frame = size(200, 2_000)
const view = fc.record({ x: number(-5_000, 5_000), y: number(-5_000, 5_000), scale: number(1, 56) })
const share = fc.record({ x: number(0, 1), y: number(0, 1) })

test('all of the plan is shown at first, and fills the frame one way', () => {
  fc.assert(
    fc.property(plan, frame, (ofPlan, ofFrame) => {
      const { x, y, scale } = fitView(ofPlan, ofFrame)
      expect(x).toBeGreaterThan(-0.001)
      expect(y).toBeGreaterThan(-0.001)
      expect(x * 2 + ofPlan.width * scale).toBeCloseTo(ofFrame.width)
      expect(scale === 56 || Math.min(x, y) < 0.001).toBe(true)
    }),
  )
})

test('a zoom keeps what is under the pointer there, within the limits of zooming', () => {
  fc.assert(
    fc.property(plan, frame, view, share, number(0.1, 10), (ofPlan, ofFrame, from, at, factor) => {
      const pointer = { x: at.x * ofFrame.width, y: at.y * ofFrame.height }
      const under = toPlan(from, pointer)
      const zoomed = zoomView(from, factor, pointer, ofPlan, ofFrame)
      const after = toFrame(zoomed, under)
      expect(after.x).toBeCloseTo(pointer.x, 4)
      expect(after.y).toBeCloseTo(pointer.y, 4)
      expect(zoomed.scale).toBeGreaterThanOrEqual(fitView(ofPlan, ofFrame).scale)
      expect(zoomed.scale).toBeLessThanOrEqual(56)
    }),
  )
})

test('a place of the plan and its pixel are each other’s', () => {
  fc.assert(
    fc.property(view, share, (from, at) => {
      const back = toPlan(from, toFrame(from, at))
      expect(back.x).toBeCloseTo(at.x, 6)
      expect(back.y).toBeCloseTo(at.y, 6)
    }),
  )
})

test('however far it is drawn, half a frame of the plan or all of it stays in sight, and a view that is kept stays as it is', () => {
  fc.assert(
    fc.property(plan, frame, view, (ofPlan, ofFrame, wild) => {
      const scale = Math.max(wild.scale, fitView(ofPlan, ofFrame).scale)
      const kept = keepInSight({ ...wild, scale }, ofPlan, ofFrame)
      const shown = (offset: number, content: number, room: number): number =>
        Math.min(room, offset + content) - Math.max(0, offset)
      const { width, height } = ofFrame
      expect(shown(kept.x, ofPlan.width * scale, width)).toBeGreaterThan(
        Math.min(ofPlan.width * scale, width / 2) - 0.01,
      )
      expect(shown(kept.y, ofPlan.height * scale, height)).toBeGreaterThan(
        Math.min(ofPlan.height * scale, height / 2) - 0.01,
      )
      const again = keepInSight(kept, ofPlan, ofFrame)
      expect(again.x).toBeCloseTo(kept.x)
      expect(again.y).toBeCloseTo(kept.y)
    }),
  )
})

test('at the least zoom the plan can not be drawn away', () => {
  const ofPlan = { width: 40, height: 30 }
  const ofFrame = { width: 800, height: 500 }
  const fit = fitView(ofPlan, ofFrame)
  const kept = keepInSight({ ...fit, x: 900, y: -400 }, ofPlan, ofFrame)
  expect(kept.x).toBeCloseTo(fit.x)
  expect(kept.y).toBeCloseTo(fit.y)
})

test('a seat that arrow keys lead to is brought into the frame, and one that is in it moves nothing', () => {
  const ofFrame = { width: 300, height: 200 }
  const from = { x: 0, y: 0, scale: 20 }
  expect(toFrame(bringIntoFrame(from, { x: 40, y: 5 }, 30, ofFrame), { x: 40, y: 5 })).toEqual({
    x: 270,
    y: 100,
  })
  expect(bringIntoFrame(from, { x: 7, y: 5 }, 30, ofFrame)).toEqual(from)
  expect(toFrame(centreOn({ x: 7, y: 5 }, 34, ofFrame), { x: 7, y: 5 })).toEqual({ x: 150, y: 100 })
})
