import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { indexSeats } from './find-seat.ts'
import { anyLayout } from './layouts.fixture.ts'
import { planSeats, SEAT_HALF } from './plan-seats.ts'
import { fitView, toFrame, toPlan, zoomView } from './view.ts'

const within = fc.double({ min: -SEAT_HALF, max: SEAT_HALF, noNaN: true })

test('a press anywhere on a drawn seat finds that seat, at any zoom', () => {
  fc.assert(
    fc.property(
      anyLayout,
      fc.nat(),
      within,
      within,
      fc.double({ min: 1, max: 30, noNaN: true }),
      (layout, choice, dx, dy, factor) => {
        const plan = planSeats(layout)
        const frame = { width: 800, height: 500 }
        const view = zoomView(fitView(plan, frame), factor, { x: 123, y: 45 }, plan, frame)
        const seat = plan.seats[choice % plan.seats.length]
        if (seat === undefined) throw new Error('a layout without seats')
        const pixel = toFrame(view, { x: seat.x + dx, y: seat.y + dy })
        expect(indexSeats(plan.seats).at(toPlan(view, pixel), 0.6)?.seatId).toBe(seat.seatId)
      },
    ),
  )
})

test('a press beside all seats finds none, and the nearest within reach', () => {
  const [seat] = planSeats([{ seatId: 1, seatNumber: 1, section: 'A', row: 'A', grade: 'R', price: 1 }]).seats
  if (seat === undefined) throw new Error('no seat')
  const finder = indexSeats([seat])
  expect(finder.at({ x: seat.x + 0.7, y: seat.y }, 0.6)).toBeUndefined()
  expect(finder.at({ x: seat.x + 0.7, y: seat.y }, 0.75)).toBe(seat)
  expect(finder.at({ x: seat.x, y: seat.y + 2 }, 1)).toBeUndefined()
})
