import { expect, test } from '@jest/globals'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { OnSale } from './schedules.ts'
import { StrangersLookups } from './strangers-lookups.ts'

const onSale: OnSale = { roomOpensAtMs: 100, opensAtMs: 200, endsAtMs: 300, status: 'ON_SALE' }

/** Schedules below 100 are there. */
function lookUps() {
  const state = { nowMs: 0, asked: 0, isAway: false }
  const schedules = new CoalescedCache({
    load: async (scheduleId: number) => {
      state.asked += 1
      if (state.isAway) throw generalRefusal('UNAVAILABLE', 'the catalog is away')
      if (scheduleId >= 100) throw refuse('SCHEDULE_NOT_FOUND', 'no such schedule')
      return onSale
    },
    freshMs: 2_000,
    max: 1_000,
    now: () => state.nowMs,
  })
  const strangers = new StrangersLookups(schedules, () => state.nowMs)
  const codeOf = async (scheduleId: number, how: 'get' | 'check' = 'get'): Promise<string> => {
    try {
      await strangers[how](scheduleId)
      return 'OK'
    } catch (error) {
      if (!isRefusal(error)) throw error
      return error.code
    }
  }
  return { state, codeOf }
}

test('only so many unknown schedules are looked up in a second, and those that are known have no limit', async () => {
  const { state, codeOf } = lookUps()
  expect(await codeOf(7)).toBe('OK')
  const codes = await Promise.all(Array.from({ length: 500 }, (_none, index) => codeOf(1_000 + index)))
  expect(codes.filter((code) => code === 'SCHEDULE_NOT_FOUND')).toHaveLength(49)
  expect(codes.filter((code) => code === 'UNAVAILABLE')).toHaveLength(451)
  expect(state.asked).toBe(50)
  expect(await Promise.all([codeOf(7), codeOf(7, 'check')])).toEqual(['OK', 'OK'])
  state.nowMs += 100
  const later = await Promise.all(Array.from({ length: 20 }, (_none, index) => codeOf(2_000 + index)))
  expect(later.filter((code) => code === 'SCHEDULE_NOT_FOUND')).toHaveLength(5)
})

test('a crowd that asks for the same schedule asks the catalog once, and one that is not there is not asked for again for a while', async () => {
  const { state, codeOf } = lookUps()
  const crowd = (scheduleId: number) => Promise.all(Array.from({ length: 200 }, () => codeOf(scheduleId)))
  expect(new Set(await crowd(7))).toEqual(new Set(['OK']))
  expect(new Set(await crowd(1_000))).toEqual(new Set(['SCHEDULE_NOT_FOUND']))
  expect(new Set(await crowd(1_000))).toEqual(new Set(['SCHEDULE_NOT_FOUND']))
  expect(state.asked).toBe(2)
  state.nowMs += 3_000
  expect(await codeOf(1_000)).toBe('SCHEDULE_NOT_FOUND')
  expect(state.asked).toBe(3)
})

test('while the catalog is away a room is shown all the same, however often it is asked for', async () => {
  const { state, codeOf } = lookUps()
  state.isAway = true
  for (let count = 0; count < 100; count += 1) expect(await codeOf(7, 'check')).toBe('OK')
  expect(await codeOf(7)).toBe('UNAVAILABLE')
})
