import { expect, test } from '@jest/globals'
import { idOf, pathOf, readRunning, toldOn, withoutRunning, withRunning } from './running.ts'
import type { Running } from './running.ts'

const NOW = Date.parse('2026-12-01T01:00:00Z')
const place: Running = {
  kind: 'place',
  scheduleId: 7,
  concertId: 1,
  title: 'First Light',
  status: 'ACTIVE',
  expiresAt: '2026-12-01T01:04:00Z',
}
const hold: Running = {
  kind: 'hold',
  reservationId: 'r-1',
  scheduleId: 7,
  title: 'First Light',
  expiresAt: '2026-12-01T01:05:00Z',
}

test('what is kept is read back, also by another tab, and what is none is left out', () => {
  expect(readRunning(JSON.stringify([place, hold]), NOW)).toEqual([place, hold])
  for (const text of [null, '', '{}', '[1,null,{"kind":"hold"}]', '[{"kind":"place","scheduleId":"7"}]'])
    expect(readRunning(text, NOW)).toEqual([])
})

test('what is over is told for ten minutes, and then forgotten', () => {
  const over = Date.parse(hold.expiresAt)
  expect(readRunning(JSON.stringify([hold]), over + 9 * 60_000)).toEqual([hold])
  expect(readRunning(JSON.stringify([hold]), over + 10 * 60_000)).toEqual([])
})

test('one that changes stays one, and where it is, and there are never more than ten', () => {
  const extended = { ...hold, expiresAt: '2026-12-01T01:10:00Z' }
  expect(withRunning([place, hold], extended)).toEqual([place, extended])
  expect(withoutRunning([place, hold], idOf(hold))).toEqual([place])
  const many = Array.from({ length: 12 }, (_, at): Running => ({ ...place, scheduleId: at + 1 }))
  expect(many.reduce<Running[]>(withRunning, [])).toHaveLength(10)
})

test('a page tells of what has no page of its own there; who holds seats is told of these and not of the place', () => {
  expect(toldOn([place], '/')).toEqual([place])
  expect(toldOn([place], '/concerts/1/schedules/7/line')).toEqual([])
  expect(toldOn([place], '/concerts/1/schedules/7/seats')).toEqual([])
  expect(toldOn([place], '/concerts/1/schedules/7')).toEqual([place])
  expect(toldOn([place, hold], '/wallet')).toEqual([hold])
  expect(toldOn([place, hold], '/reservations/r-1')).toEqual([])
  expect(toldOn([{ ...place, scheduleId: 8 }, hold], '/reservations/r-1')).toHaveLength(1)
})

test('the way back goes to where one goes on', () => {
  expect(pathOf(place)).toBe('/concerts/1/schedules/7/seats')
  expect(pathOf({ ...place, status: 'WAITING' })).toBe('/concerts/1/schedules/7/line')
  expect(pathOf(hold)).toBe('/reservations/r-1')
})
