import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { topics } from '@frontrow/proto/topics'
import { eventually } from '@frontrow/test-kit/eventually'
import { lowestIdAt } from '../src/uuid-time.ts'
import { createNotifyUnderTest, makePurchase, publishApproved } from './notify-under-test.ts'
import type { NotifyUnderTest, Purchase } from './notify-under-test.ts'

let notify: NotifyUnderTest
let running: Awaited<ReturnType<NotifyUnderTest['startProcess']>>

beforeAll(async () => {
  notify = await createNotifyUnderTest()
  running = await notify.startProcess()
})

afterEach(() => notify.refuseMail(undefined))

afterAll(async () => {
  await notify.stop()
})

/** Waits for the mails to an address, `count` of them, oldest first. */
function mailsTo(address: string, count = 1) {
  return eventually(() => {
    const mails = notify.mailbox.list(address).toReversed()
    expect(mails).toHaveLength(count)
    return mails
  })
}

async function noticeOf({ reservationId }: Purchase) {
  const { rows } = await notify.pool.query<{
    status: string
    attempts: number
    last_error: string | null
  }>('SELECT status, attempts, last_error FROM notices WHERE reservation_id = $1', [reservationId])
  return rows
}

test('who has paid gets a confirmation with what was bought, where and when at the venue', async () => {
  const email = 'buyer@example.com'
  const purchase = await makePurchase(notify, { email })
  await publishApproved(notify, purchase)
  const [mail] = await mailsTo(email)
  expect(mail?.subject).toBe('Confirmed: First <Light> & Sons, Sunday, March 7, 2027 at 7:30 PM GMT+9')
  expect(mail?.from).toBe('Frontrow <tickets@frontrow.example>')
  expect(mail?.text).toContain('Floor, row C, seat 12 (VIP)')
  expect(mail?.text).toContain('₩165,000')
  expect(mail?.text).toContain('R-2027-0001')
  expect(mail?.html).toContain('First &lt;Light&gt; &amp; Sons')
  expect(mail?.html).toContain('lang="en"')
  expect(mail?.headers).toContainEqual({ name: 'auto-submitted', value: 'auto-generated' })
})

test('who reads Korean gets Korean', async () => {
  const email = 'hangul@example.com'
  await publishApproved(notify, await makePurchase(notify, { email, locale: 'ko-KR' }))
  const [mail] = await mailsTo(email)
  expect(mail?.subject).toContain('예매 완료')
  expect(mail?.text).toContain('2027년 3월 7일 일요일 오후 7:30')
  expect(mail?.text).toContain('Floor 구역 C열 12번 (VIP)')
  expect(mail?.html).toContain('lang="ko"')
})

test('an event that comes again, to another process too, makes no second mail', async () => {
  const second = await notify.startProcess()
  const email = 'once@example.com'
  const purchase = await makePurchase(notify, { email })
  const eventId = await publishApproved(notify, purchase)
  await mailsTo(email)
  await publishApproved(notify, purchase, eventId)
  // The one behind it in the same partition shows that the repeat has been handled.
  await publishApproved(notify, purchase)
  const mails = await mailsTo(email, 2)
  expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(2)
  await second.stop()
  expect(await noticeOf(purchase)).toHaveLength(2)
})

test('a refund says why, and where the money went', async () => {
  const email = 'refund@example.com'
  const purchase = await makePurchase(notify, { email, method: 'CARD', status: 'CANCELLED' })
  const { reservationId } = purchase
  const refund = { ...purchase, reason: 'USER_CANCELLED', refundedAmount: purchase.amount }
  await notify.publish(topics.paymentEvents, reservationId, 'PaymentRefunded', refund)
  const [mail] = await mailsTo(email)
  expect(mail?.subject).toBe('Refunded: First <Light> & Sons, ₩165,000')
  expect(mail?.text).toContain('You cancelled this reservation.')
  expect(mail?.text).toContain('to the card')
})

test('a refund of nothing, and a hold that was given up, are told to nobody', async () => {
  const email = 'nothing@example.com'
  const purchase = await makePurchase(notify, { email, status: 'CANCELLED' })
  const { reservationId, userId, scheduleId } = purchase
  const nothing = { ...purchase, reason: 'TIMEOUT', refundedAmount: 0 }
  await notify.publish(topics.paymentEvents, reservationId, 'PaymentRefunded', nothing)
  const givenUp = {
    reservationId,
    userId,
    scheduleId,
    seatIds: [7],
    paymentId: null,
    reason: 'USER_CANCELLED',
  }
  await notify.publish(topics.reservationEvents, reservationId, 'ReservationCancelled', givenUp)
  const last = { ...purchase, reason: 'TIMEOUT', refundedAmount: 1_000 }
  await notify.publish(topics.paymentEvents, reservationId, 'PaymentRefunded', last)
  const [mail] = await mailsTo(email)
  expect(mail?.subject).toContain('₩1,000')
  expect(await noticeOf(purchase)).toHaveLength(1)
})

test('of a cancelled show its buyers hear, and somebody who pays meanwhile does not wait for them', async () => {
  notify.refuseMail(() => Object.assign(new Error('later'), { responseCode: 451 }))
  const crowd = await Promise.all(
    Array.from({ length: 30 }, (_one, index) =>
      makePurchase(notify, { email: `crowd${index}@example.com`, status: 'CANCELLED' }),
    ),
  )
  for (const purchase of crowd) {
    const { reservationId, userId, scheduleId, paymentId } = purchase
    const cancelled = {
      reservationId,
      userId,
      scheduleId,
      seatIds: [7],
      paymentId,
      reason: 'SCHEDULE_CANCELLED',
    }
    await notify.publish(topics.reservationEvents, reservationId, 'ReservationCancelled', cancelled)
  }
  const email = 'meanwhile@example.com'
  const buyer = await makePurchase(notify, { email })
  await publishApproved(notify, buyer)
  await eventually(async () => {
    expect((await noticeOf(buyer))[0]?.attempts).toBe(1)
  })
  // All are due at once when the mail server is back, and none before. Those in hand are due when their lease of a minute ends.
  await eventually(async () => {
    await notify.pool.query(
      `UPDATE notices SET due_at = now() + interval '1 hour'
       WHERE status = 'PENDING' AND attempts > 0 AND due_at < now() + interval '30 seconds'`,
    )
    const { rows } = await notify.pool.query(
      `SELECT FROM notices WHERE status = 'PENDING' AND due_at < now() + interval '30 minutes'`,
    )
    expect(rows).toEqual([])
  })
  notify.refuseMail(undefined)
  await notify.pool.query(`UPDATE notices SET due_at = now() WHERE status = 'PENDING' AND attempts > 0`)
  const [first] = await mailsTo(email)
  const inHand = 8
  const before = notify.mailbox
    .list()
    .filter(({ number, to }) => number < (first?.number ?? 0) && to[0]?.startsWith('crowd') === true)
  expect(before.length).toBeLessThanOrEqual(inHand)
  for (const index of crowd.keys()) {
    const [mail] = await mailsTo(`crowd${index}@example.com`)
    expect(mail?.subject).toContain('Cancelled:')
    expect(mail?.text).toContain('₩165,000 will be given back to your wallet')
  }
})

test('who has no address gets no mail, and is counted', async () => {
  const before = await notify.metric(running.opsPort, 'notices_total', 'no_address')
  const purchase = await makePurchase(notify)
  await publishApproved(notify, purchase)
  await eventually(async () => {
    expect(await notify.metric(running.opsPort, 'notices_total', 'no_address')).toBe(before + 1)
  })
  expect(await noticeOf(purchase)).toEqual([])

  // Nor does who had one until a payment by a token without it.
  const former = await makePurchase(notify, { email: 'former@example.com' })
  await notify.pool.query('UPDATE contacts SET email = NULL WHERE user_id = $1', [former.userId])
  await publishApproved(notify, former)
  await eventually(async () => {
    expect(await notify.metric(running.opsPort, 'notices_total', 'no_address')).toBe(before + 2)
  })
  expect(await noticeOf(former)).toEqual([])
})

test('a mail that the server can not take now is tried again under the same Message-ID', async () => {
  const email = 'later@example.com'
  notify.refuseMail(() => Object.assign(new Error('try later'), { responseCode: 451 }))
  const purchase = await makePurchase(notify, { email })
  await publishApproved(notify, purchase)
  await eventually(async () => {
    expect((await noticeOf(purchase))[0]?.last_error).toContain('try later')
  })
  notify.refuseMail(undefined)
  await notify.pool.query('UPDATE notices SET due_at = now() WHERE reservation_id = $1', [
    purchase.reservationId,
  ])
  const [mail] = await mailsTo(email)
  const { rows } = await notify.pool.query<{ notice_id: string }>(
    'SELECT notice_id FROM notices WHERE reservation_id = $1',
    [purchase.reservationId],
  )
  expect(mail?.messageId).toBe(`<${rows[0]?.notice_id}@frontrow.example>`)
  await eventually(async () => {
    expect(await noticeOf(purchase)).toEqual([{ status: 'SENT', attempts: 2, last_error: null }])
  })
})

test('an address that the server refuses for good is given up at once', async () => {
  notify.refuseMail(() => Object.assign(new Error('no such mailbox'), { responseCode: 550 }))
  const purchase = await makePurchase(notify, { email: 'gone@example.com' })
  await publishApproved(notify, purchase)
  await eventually(async () => {
    expect(await noticeOf(purchase)).toMatchObject([{ status: 'FAILED', attempts: 1 }])
  })
})

test('what a server says of an address is noted without the address', async () => {
  notify.refuseMail((recipient) =>
    Object.assign(new Error(`<${recipient}>: no such user`), { responseCode: 550 }),
  )
  const purchase = await makePurchase(notify, { email: 'secret@example.com' })
  await publishApproved(notify, purchase)
  const [notice] = await eventually(async () => {
    const found = await noticeOf(purchase)
    expect(found).toMatchObject([{ status: 'FAILED' }])
    return found
  })
  expect(notice?.last_error).toContain('<[address]>: no such user')
  expect(notice?.last_error).not.toContain('secret')
})

test('an outage of the mail server uses up no attempt, and lasts three days at most', async () => {
  await running.stop()
  const cutOff = await notify.startProcess({ SMTP_URL: 'smtp://127.0.0.1:9', MAIL_ATTEMPTS_MAX: '1' })
  const purchase = await makePurchase(notify, { email: 'outage@example.com' })
  await publishApproved(notify, purchase)
  await eventually(async () => {
    expect(await noticeOf(purchase)).toMatchObject([
      { status: 'PENDING', attempts: 0, last_error: expect.stringContaining('ECONNREFUSED') },
    ])
  })
  await notify.pool.query(
    `UPDATE notices SET due_at = now(), outage_since = now() - interval '73 h' WHERE reservation_id = $1`,
    [purchase.reservationId],
  )
  await eventually(async () => {
    expect(await noticeOf(purchase)).toMatchObject([{ status: 'FAILED' }])
  })
  await cutOff.stop()
  running = await notify.startProcess()
})

test('what ended long ago is deleted, and what still waits is kept', async () => {
  const old = lowestIdAt(new Date(Date.now() - 40 * 86_400_000))
  const olderPending = lowestIdAt(new Date(Date.now() - 41 * 86_400_000))
  const fresh = lowestIdAt(new Date())
  await notify.pool.query(
    `INSERT INTO notices (notice_id, event_id, kind, user_id, reservation_id, schedule_id, is_bulk, status, due_at)
     SELECT id, gen_random_uuid(), 'CONFIRMATION', 'past', gen_random_uuid(), 1, false, status, now() + interval '1 h'
     FROM unnest($1::uuid[], $2::text[]) AS n (id, status)`,
    [
      [old, olderPending, fresh],
      ['SENT', 'PENDING', 'SENT'],
    ],
  )
  await running.stop()
  // It tidies when it starts.
  running = await notify.startProcess()
  await eventually(async () => {
    const { rows } = await notify.pool.query<{ notice_id: string }>(
      `SELECT notice_id FROM notices WHERE user_id = 'past' ORDER BY notice_id`,
    )
    expect(rows.map(({ notice_id: id }) => id)).toEqual([olderPending, fresh])
  })
  await notify.pool.query(`DELETE FROM notices WHERE user_id = 'past'`)
})

test('a confirmation that comes late is not sent to somebody who has cancelled since', async () => {
  const purchase = await makePurchase(notify, { email: 'cancelled@example.com', status: 'CANCELLED' })
  await publishApproved(notify, purchase)
  await eventually(async () => {
    expect(await noticeOf(purchase)).toMatchObject([
      { status: 'SKIPPED', last_error: 'the reservation is CANCELLED' },
    ])
  })
})

test('nobody is told that a hold runs out, unless a setting says so, and then in time and once', async () => {
  await running.stop()
  running = await notify.startProcess({ HOLD_NOTICE_MS: '60000' })
  const email = 'holder@example.com'
  const expiresAt = new Date(Date.now() + 61_000)
  const held = await makePurchase(notify, { email, status: 'HOLD', expiresAt })
  const { reservationId, userId, scheduleId } = held
  const data = { reservationId, userId, scheduleId, seatIds: [7], totalAmount: 165_000 }
  const hold = { ...data, expiresAt: expiresAt.toISOString() }
  await notify.publish(topics.reservationEvents, reservationId, 'ReservationHeld', hold)
  const [mail] = await mailsTo(email)
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime() - 60_000 - 50)
  expect(mail?.text).toContain('Your hold is about to run out')

  const paid = await makePurchase(notify, { email: 'quick@example.com', status: 'CONFIRMED', expiresAt })
  const other = { ...hold, reservationId: paid.reservationId, userId: paid.userId }
  await notify.publish(topics.reservationEvents, paid.reservationId, 'ReservationHeld', other)
  await eventually(async () => {
    expect(await noticeOf(paid)).toMatchObject([{ status: 'SKIPPED' }])
  })
})

test('two processes share the mails, and none is sent twice', async () => {
  const second = await notify.startProcess()
  const emails = Array.from({ length: 40 }, (_one, index) => `shared${index}@example.com`)
  // All at once, so that both have some in hand.
  notify.refuseMail(() => Object.assign(new Error('later'), { responseCode: 451 }))
  for (const email of emails) await publishApproved(notify, await makePurchase(notify, { email }))
  const waiting = `status = 'PENDING' AND last_error IS NOT NULL`
  await eventually(async () => {
    const { rowCount } = await notify.pool.query(`SELECT FROM notices WHERE ${waiting}`)
    expect(rowCount).toBe(emails.length)
  })
  notify.refuseMail(undefined)
  await notify.pool.query(`UPDATE notices SET due_at = now() WHERE ${waiting}`)
  for (const email of emails) await mailsTo(email)
  await eventually(async () => {
    const { rowCount } = await notify.pool.query(`SELECT FROM notices WHERE status = 'PENDING'`)
    expect(rowCount).toBe(0)
  })
  for (const email of emails) expect(notify.mailbox.list(email)).toHaveLength(1)
  await second.stop()
})

test('mail goes out no faster than the setting says', async () => {
  await running.stop()
  running = await notify.startProcess({ MAIL_PER_SECOND: '4' })
  const address = (index: number): string => `paced${index}@example.com`
  const count = 13
  // From before the first is asked for: between two receipts less may pass, where the first of them is late.
  const began = Date.now()
  for (let index = 0; index < count; index += 1) {
    await publishApproved(notify, await makePurchase(notify, { email: address(index) }))
  }
  const times = []
  for (let index = 0; index < count; index += 1) {
    const [mail] = await mailsTo(address(index))
    times.push(mail?.receivedAt.getTime() ?? 0)
  }
  // Four in each second: the thirteenth goes out three seconds after the first, or later.
  expect(Math.max(...times) - began).toBeGreaterThan(2_900)
})
