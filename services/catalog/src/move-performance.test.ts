import { describe, expect, test } from '@jest/globals'
import { lastOpenAt, SETTLED_MS } from './move-performance.ts'

const now = new Date('2027-03-01T10:00:00Z')
const after = (ms: number): Date => new Date(now.getTime() + ms)
const HOUR = 3_600_000
const opening = { status: 'ON_SALE', bookingOpenAt: after(HOUR), bookingCloseAt: after(2 * HOUR) } as const
const open = { ...opening, bookingOpenAt: after(-HOUR), lastOpenAt: null }

describe('booking was open last', () => {
  test.each([
    ['never, before it opens', { ...opening, lastOpenAt: null }, null],
    ['now, while it is open', open, now],
    ['now, where it opens soon', { ...open, bookingOpenAt: after(SETTLED_MS) }, now],
    ['never, where it opens a moment later', { ...open, bookingOpenAt: after(SETTLED_MS + 1) }, null],
    ['when the clock closed it', { ...open, bookingCloseAt: after(-5) }, after(-5)],
    ['when it was closed', { ...open, status: 'CLOSED', lastOpenAt: after(-9) }, after(-9)],
    ['when its opening was put off', { ...opening, lastOpenAt: after(-9) }, after(-9)],
    ['never, where it was made and closed', { ...open, status: 'CLOSED' }, null],
  ] as const)('%s', (_case, schedule, expected) => {
    expect(lastOpenAt(schedule, now)).toEqual(expected)
  })
})
