import { expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { pino } from 'pino'
import { NoShowGrace } from '../admission/no-shows.ts'
import { noteSeen } from './note-seen.ts'

test('an error that comes after the answer is logged and ends nothing', async () => {
  const lines: string[] = []
  const ctx = {
    noShowGrace: new NoShowGrace(),
    logger: pino({ level: 'error' }, { write: (line: string) => lines.push(line) }),
    notes: { add: () => Promise.reject(new Error('PostgreSQL is away')) },
    redisRoom: { keepSeen: () => Promise.reject(new TypeError('a defect')) },
  }
  const place = {
    status: 'WAITING' as const,
    nowMs: 1,
    sequence: 5,
    before: 4,
    waiting: 9,
    roomOff: false,
    noteSeen: true,
  }
  expect(await noteSeen(ctx, { scheduleId: 3, userId: 'fan', place })).toBe(true)
  await eventually(() => expect(lines).toHaveLength(1))
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    scheduleId: 3,
    sequence: 5,
    err: { type: 'TypeError', message: 'a defect' },
  })
})
