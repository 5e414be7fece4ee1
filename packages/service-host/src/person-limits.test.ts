import { expect, test } from '@jest/globals'
import { limitPersons } from './person-limits.ts'

const settings = {
  PERSON_POLLS_PER_MINUTE: 6,
  PERSON_JOINS_PER_MINUTE: 3,
  PERSON_HOLDS_PER_MINUTE: 3,
  PERSON_PAYMENTS_PER_MINUTE: 3,
  PERSON_ADMIN_PER_MINUTE: 10,
}
const join = { auth: 'user', work: 'join' } as const
const poll = { auth: 'token' } as const

function limits() {
  const clock = { ms: 1_000_000 }
  const limit = limitPersons(settings, () => clock.ms)
  const passed = (times: number, ...asked: Parameters<typeof limit>): number => {
    for (let count = 0; count < times; count += 1) {
      try {
        limit(...asked)
      } catch {
        return count
      }
    }
    return times
  }
  return { clock, limit, passed }
}

test('a person has as many at once as in a minute, each kind of work by itself, and others have theirs', () => {
  const { passed } = limits()
  expect(passed(20, join, { userId: 'ann' })).toBe(3)
  expect(passed(20, poll, { userId: 'ann', queueToken: 't' })).toBe(6)
  expect(passed(20, join, { userId: 'bob' })).toBe(3)
})

test('a person is told how many are left, and when all of them are', () => {
  const { clock, limit } = limits()
  const ann = { userId: 'ann' }
  expect(limit(join, ann)).toEqual({ work: 'join', left: 2, fullInSeconds: 20 })
  expect(limit(join, ann)).toEqual({ work: 'join', left: 1, fullInSeconds: 40 })
  expect(limit(join, ann)).toEqual({ work: 'join', left: 0, fullInSeconds: 60 })
  clock.ms += 60_000
  expect(limit(join, ann)).toEqual({ work: 'join', left: 2, fullInSeconds: 20 })
  expect(limit(join, undefined)).toBeUndefined()
})

test('what was used up comes back evenly, and the refusal says when', () => {
  const { clock, limit, passed } = limits()
  passed(20, join, { userId: 'ann' })
  expect(() => limit(join, { userId: 'ann' })).toThrow(
    expect.objectContaining({ code: 'RATE_LIMITED', retryAfterSeconds: 20 }),
  )
  clock.ms += 19_000
  expect(passed(20, join, { userId: 'ann' })).toBe(0)
  clock.ms += 1_000
  expect(passed(20, join, { userId: 'ann' })).toBe(1)
  clock.ms += 600_000
  expect(passed(20, join, { userId: 'ann' })).toBe(3)
})

test('who sends a queue token alone is that token, and with a bearer token the person', () => {
  const { passed } = limits()
  expect(passed(20, poll, { queueToken: 'a', userId: undefined })).toBe(6)
  expect(passed(20, poll, { queueToken: 'b', userId: undefined })).toBe(6)
  expect(passed(20, poll, { queueToken: 'c', userId: 'ann' })).toBe(6)
  expect(passed(20, poll, { queueToken: 'd', userId: 'ann' })).toBe(0)
})

test('admins have one limit wherever they ask, and what is for everybody has none', () => {
  const { passed } = limits()
  expect(passed(20, join, { userId: 'root', actsForAnybody: true })).toBe(10)
  expect(passed(20, { auth: 'admin' }, { userId: 'root', actsForAnybody: true })).toBe(0)
  expect(passed(50, { auth: 'none' }, undefined)).toBe(50)
})
