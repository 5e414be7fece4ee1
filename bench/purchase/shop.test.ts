import { expect, test } from '@jest/globals'
import { planVisits, seatsNeeded } from './shop.ts'

const person = async (index: number) => ({ userId: `user-${index}`, bearerToken: 'token' })
const seats = (count: number) => Array.from({ length: count }, (_none, id) => id + 1)

test('each seat is bought once, half of the buyers take two, and late people want what is taken', async () => {
  const schedules = [7, 8].map((scheduleId) => ({ scheduleId, seatIds: seats(seatsNeeded(8, 2)) }))
  const { buyers, late } = await planVisits(schedules, 8, person)
  const bought = buyers.flatMap(({ scheduleId, seatIds }) => seatIds.map((seat) => `${scheduleId}/${seat}`))
  expect(new Set(bought).size).toBe(bought.length)
  expect(buyers.map(({ seatIds }) => seatIds.length)).toEqual([1, 1, 2, 2, 1, 1, 2, 2])
  const wanted = late.flatMap(({ scheduleId, seatIds }) => seatIds.map((seat) => `${scheduleId}/${seat}`))
  expect(bought).toEqual(expect.arrayContaining(wanted))
  expect(new Set([...buyers, ...late].map(({ userId }) => userId)).size).toBe(12)
})

test('too few seats are an error, not a sale in which some buy nothing', async () => {
  await expect(planVisits([{ scheduleId: 1, seatIds: seats(2) }], 2, person)).rejects.toThrow('too few seats')
})
