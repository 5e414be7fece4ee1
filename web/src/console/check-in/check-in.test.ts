import { expect, test } from '@jest/globals'
import { ApiError } from '@frontrow/client/errors'
import { formatDoorTime } from './door-time.ts'
import { doorStore, forgetOldTry } from './door-tries.ts'
import { keepTry } from '../../kept-tries.ts'
import { outcomeOf, withOutcome, withScan } from './scans.ts'
import { sawNothing, seeCode } from './seen-code.ts'

function refused(code: 'TICKET_USED' | 'TICKET_INVALID', details: unknown): ApiError {
  return new ApiError(409, { code, message: '', details, requestId: 'r' }, new Headers())
}

test('a ticket that is held still is told once, and again after it was away', () => {
  const first = seeCode(sawNothing, 'a', 1_000)
  expect(first.isNew).toBe(true)
  const blurred = seeCode(first.seen, undefined, 1_150)
  const held = seeCode(blurred.seen, 'a', 2_900)
  expect(held.isNew).toBe(false)
  expect(seeCode(held.seen, 'b', 3_000).isNew).toBe(true)
  expect(seeCode(held.seen, 'a', 6_000).isNew).toBe(true)
})

test('of two tickets in the picture each is told once, whichever the reader finds', () => {
  let seen = sawNothing
  const news: string[] = []
  for (let at = 0; at < 40; at += 1) {
    const code = at % 2 === 0 ? 'a' : 'b'
    const next = seeCode(seen, code, at * 150)
    if (next.isNew) news.push(code)
    ;({ seen } = next)
  }
  expect(news).toEqual(['a', 'b'])
  // What is out of sight is forgotten, so that an evening's tickets are not kept.
  expect(seeCode(seen, 'c', 60_000).seen.size).toBe(1)
})

test('a ticket whose answer was lost gets it when it is shown again soon; a copy that is shown later is another try', () => {
  const store = doorStore()
  const now = Date.now()
  const { key } = keepTry('door', {}, store, now)
  forgetOldTry('door', store, now + 60_000)
  expect(keepTry('door', {}, store, now + 60_000).key).toBe(key)
  forgetOldTry('door', store, now + 130_000)
  expect(keepTry('door', {}, store, now + 130_000).key).not.toBe(key)
})

test('a ticket that is being checked and is shown again is what is shown, as far as it is', () => {
  const [one, other] = [1, 2].map((id) => ({ id, code: `c${id}`, outcome: { kind: 'pending' as const } }))
  if (one === undefined || other === undefined) throw new Error('there are two')
  const scans = withOutcome(withScan(withScan([], one), other), 1, { kind: 'unknown' })
  expect(withScan(scans, one).map(({ id, outcome }) => [id, outcome.kind])).toEqual([
    [1, 'unknown'],
    [2, 'pending'],
  ])
})

test('a ticket that was used says when, by whom and where, as far as the API tells', () => {
  const details = {
    checkedInAt: '2027-01-01T10:02:00.000Z',
    checkedInBy: 'door-1',
    reservationNumber: 'FR-1',
    seat: { section: 'A', row: '1', seatNumber: 3 },
  }
  expect(outcomeOf(refused('TICKET_USED', details))).toEqual({ kind: 'used', used: details })
  expect(outcomeOf(refused('TICKET_USED', null))).toMatchObject({ kind: 'used' })
  expect(outcomeOf(refused('TICKET_INVALID', null))).toMatchObject({ kind: 'refused' })
})

test('the time is that of the venue, with the day where it was another one', () => {
  const at = '2027-01-01T10:02:00.000Z'
  expect(formatDoorTime(at, 'Asia/Seoul', 'en', Date.parse('2027-01-01T12:00:00Z'))).toBe('7:02 PM')
  expect(formatDoorTime(at, 'Asia/Seoul', 'en', Date.parse('2027-01-02T12:00:00Z'))).toBe(
    'Jan 1, 2027, 7:02 PM',
  )
})

test('the answer goes to the ticket that it is about, whatever was scanned since', () => {
  const scans = withScan(withScan([], { id: 1, code: 'a', outcome: { kind: 'pending' } }), {
    id: 2,
    code: 'b',
    outcome: { kind: 'pending' },
  })
  expect(withOutcome(scans, 1, { kind: 'unknown' })).toMatchObject([
    { id: 2, outcome: { kind: 'pending' } },
    { id: 1, outcome: { kind: 'unknown' } },
  ])
})
