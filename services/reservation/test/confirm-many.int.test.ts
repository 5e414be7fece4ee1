import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import fc from 'fast-check'
import { uuidv7 } from 'uuidv7'
import { cancelReservation } from '../src/cancel-reservation.ts'
import type { Context } from '../src/context.ts'
import { expireHolds } from '../src/expire-holds.ts'
import { getReservation } from '../src/get-reservations.ts'
import { holdSeats } from '../src/hold-seats.ts'
import { confirmMany, handOverMany } from './confirm-many.ts'
import type { SentCommand } from './confirm-many.ts'
import { deadlocksOf } from './deadlocks.ts'
import { findViolations, startUseCases, withoutKey } from './use-case-context.ts'
import type { UseCases } from './use-case-context.ts'

let useCases: UseCases
let pool: Pool
let ctx: Context
let nextSchedule = 1

beforeAll(async () => {
  useCases = await startUseCases()
  pool = useCases.pool
  ctx = useCases.ctx
})
afterAll(() => useCases.stop())

interface Held {
  reservationId: string
  userId: string
  amount: number
  scheduleId: number
}

async function hold(scheduleId: number, userId: string, seats: number[], sequence: number): Promise<Held> {
  const verifyToken: Context['verifyToken'] = async () => ({ scheduleId, userId, activeUntilMs: 0, sequence })
  const choice = { seatIds: seats.map((seat) => scheduleId * 1_000 + seat) }
  await holdSeats({ ...ctx, verifyToken }, { userId, scheduleId, queueToken: uuidv7(), choice })
  const { rows } = await pool.query<Held>(
    `SELECT reservation_id AS "reservationId", user_id AS "userId", total_amount AS amount, schedule_id AS "scheduleId"
     FROM reservations WHERE user_id = $1 AND schedule_id = $2 ORDER BY reservation_id DESC LIMIT 1`,
    [userId, scheduleId],
  )
  const [held] = rows
  if (held === undefined) throw new Error('no hold was made')
  return held
}

async function lapse(reservationId: string): Promise<void> {
  await pool.query(
    `WITH moved AS (UPDATE reservations SET expires_at = 'epoch' WHERE reservation_id = $1)
     UPDATE seat_holds SET expires_at = 'epoch' WHERE reservation_id = $1`,
    [reservationId],
  )
}

const commandFor = (held: Held, paymentId = uuidv7()): SentCommand => {
  const { reservationId, userId, amount } = held
  return { id: uuidv7(), paymentId, reservationId, userId, amount }
}

async function expectInvariants(): Promise<void> {
  expect(await findViolations(ctx)).toEqual([])
}

const newSchedule = (): number => {
  nextSchedule += 1
  return nextSchedule
}

const STATES = ['live', 'live', 'live', 'lapsed', 'cancelled', 'sold', 'schedule cancelled'] as const

/** Holds of three people from two places each, payments of them, and commands about these payments, many of them repeated. */
const story = fc.record({
  holds: fc.array(
    fc.record({
      user: fc.integer({ min: 0, max: 2 }),
      place: fc.integer({ min: 1, max: 2 }),
      state: fc.constantFrom(...STATES),
    }),
    { minLength: 1, maxLength: 9 },
  ),
  payments: fc.array(
    fc.record({ hold: fc.nat(), about: fc.constantFrom('it', 'it', 'it', 'it', 'other amount', 'unknown') }),
    { minLength: 1, maxLength: 12 },
  ),
  commands: fc.array(fc.record({ payment: fc.nat(), isSameMessage: fc.boolean() }), {
    minLength: 1,
    maxLength: 24,
  }),
})
type Story = typeof story extends fc.Arbitrary<infer S> ? S : never

/** Makes the holds of a story on schedules of its own and returns the commands. */
async function tell({ holds, payments, commands }: Story) {
  const [open, cancelled] = [newSchedule(), newSchedule()]
  const held: Held[] = []
  for (const [index, { user, place, state }] of holds.entries()) {
    const scheduleId = state === 'schedule cancelled' ? cancelled : open
    // Three people, nine holds: at most six seats of a schedule for each.
    const isFull = holds.slice(0, index).filter((other) => other.user === user).length >= 6
    held.push(await hold(scheduleId, isFull ? `more${index}` : `u${user}`, [index + 1], place))
  }
  for (const [index, one] of held.entries()) {
    const state = holds[index]?.state
    if (state === 'lapsed') await lapse(one.reservationId)
    if (state === 'cancelled') {
      await cancelReservation(ctx, { reservationId: one.reservationId, owner: one.userId, ...withoutKey })
    }
    if (state === 'sold') await confirmMany(ctx, [commandFor(one)])
  }
  const change = { scheduleId: cancelled, status: 'CANCELLED' } as const
  await handOverMany(ctx, [{ id: uuidv7(), content: { kind: 'schedule-status', change } }])
  const paid = payments.map(({ hold: target, about }) => {
    const it = held[target % held.length]
    if (it === undefined) throw new Error('a story has a hold')
    const command = commandFor(it)
    if (about === 'other amount') return { ...command, amount: command.amount + 1 }
    return about === 'unknown' ? { ...command, reservationId: uuidv7() } : command
  })
  const sent = commands.map(({ payment, isSameMessage }) => {
    const command = paid[payment % paid.length]
    if (command === undefined) throw new Error('a story has a payment')
    return isSameMessage ? command : { ...command, id: uuidv7() }
  })
  return { sent, held, paid }
}

interface SentReply {
  paymentId: string
  messageId: string
  requestId: string
  key: string
  type: string
  reason: string | null
}

/** What came of a story, with numbers in the place of ids: the replies in the order they were sent, and what is stored. */
async function outcomeOf({ sent, held, paid }: Awaited<ReturnType<typeof tell>>) {
  const payments = paid.map(({ paymentId }) => paymentId)
  const { rows: replies } = await pool.query<SentReply>(
    `SELECT payload ->> 'paymentId' AS "paymentId", message_id AS "messageId", request_id AS "requestId", message_key AS key, type,
       payload ->> 'reason' AS reason, payload -> 'queuePlace' AS place, payload -> 'totalAmount' AS amount,
       (SELECT json_agg(s::bigint % 1000) FROM json_array_elements_text(payload -> 'seatIds') s) AS seats
     FROM outbox WHERE type LIKE 'ReservationConfirm%' AND payload ->> 'paymentId' = ANY ($1) ORDER BY id`,
    [payments],
  )
  const { rows: reservations } = await pool.query<{ paymentId: string | null }>(
    `SELECT status, payment_id AS "paymentId", (SELECT json_agg(h.expires_at = 'infinity') FROM seat_holds h
       WHERE h.reservation_id = r.reservation_id) AS sold
     FROM reservations r WHERE reservation_id = ANY ($1::uuid[]) ORDER BY reservation_id`,
    [held.map(({ reservationId }) => reservationId)],
  )
  const { rows: stored } = await pool.query<{ paymentId: string; messageId: string }>(
    `SELECT payment_id AS "paymentId", message_id AS "messageId" FROM confirm_replies
     WHERE payment_id = ANY ($1::uuid[]) ORDER BY payment_id`,
    [payments],
  )
  const messages = replies.map(({ messageId }) => messageId)
  const came = {
    replies: replies.map(({ paymentId, messageId, requestId, key, ...said }) => ({
      ...said,
      payment: payments.indexOf(paymentId),
      message: messages.indexOf(messageId),
      command: sent.findIndex(({ id }) => id === requestId),
      isKeyedByReservation: paid[payments.indexOf(paymentId)]?.reservationId === key,
    })),
    reservations: reservations.map((row) => ({ ...row, paymentId: payments.indexOf(row.paymentId ?? '') })),
    stored: stored.map((row) => [payments.indexOf(row.paymentId), messages.indexOf(row.messageId)]),
  }
  return { replies, came }
}

test('commands in batches, however they are split, come to the same as one after the other', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      story,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
      async (it, sizes) => {
        const single = await tell(it)
        for (const command of single.sent) await confirmMany(ctx, [command])
        const split = await tell(it)
        for (let from = 0, turn = 0; from < split.sent.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1
          await confirmMany(ctx, split.sent.slice(from, from + size))
          from += size
        }
        const [wanted, got] = [await outcomeOf(single), await outcomeOf(split)]
        expect(got.came).toEqual(wanted.came)
        // One reply a command, under its trace.
        expect(got.replies.map(({ requestId }) => requestId)).toEqual(split.sent.map(({ id }) => id))
        for (const replies of Map.groupBy(got.replies, ({ paymentId }) => paymentId).values()) {
          expect(new Set(replies.map(({ messageId }) => messageId)).size).toBe(1)
        }
        for (const { reason } of got.replies) seen.add(reason ?? 'sold')
      },
    ),
    { numRuns: 40 },
  )
  // The stories had all kinds of answers.
  expect([...seen].toSorted()).toEqual([
    'ALREADY_PAID',
    'RESERVATION_CANCELLED',
    'RESERVATION_EXPIRED',
    'RESERVATION_NOT_FOUND',
    'sold',
  ])
  await expectInvariants()
})

test('two instances with overlapping batches: one sale a hold, one reply a payment, one last hold a place, no deadlock', async () => {
  const deadlocks = await deadlocksOf(useCases.environment, pool, async (own) => {
    const instances = [ctx, { ...ctx, pool: own }]
    for (let round = 0; round < 12; round += 1) {
      const scheduleId = newSchedule()
      const users = Array.from({ length: 10 }, (_, index) => `u${index}`)
      const holds: Held[] = []
      for (const [index, user] of users.entries()) {
        holds.push(
          await hold(scheduleId, user, [2 * index + 1], 7),
          await hold(scheduleId, user, [2 * index + 2], 7),
        )
      }
      // Two payments want each hold, and each command comes twice under its own id and once under another.
      const commands = [...holds, ...holds].map((held) => commandFor(held))
      const sent = [...commands, ...commands.map((command) => ({ ...command, id: uuidv7() }))]
      await Promise.all([
        ...instances.map(async (context, index) => {
          const list = index === 0 ? sent : sent.toReversed()
          const size = 5 + round + index
          for (let from = 0; from < list.length; from += size) {
            await confirmMany(context, list.slice(from, from + size))
          }
        }),
        ...users.map((user, index) => hold(scheduleId, user, [50 + index], 8)),
        expireHolds(ctx),
      ])
      await expectOneSaleEach(holds, commands)
    }
  })
  expect(deadlocks).toBe(0)
  await expectInvariants()
})

async function expectOneSaleEach(holds: readonly Held[], commands: readonly SentCommand[]): Promise<void> {
  const { rows: replies } = await pool.query<{
    paymentId: string
    messages: number
    sent: number
    type: string
  }>(
    `SELECT payload ->> 'paymentId' AS "paymentId", count(DISTINCT message_id) AS messages, count(*) AS sent, min(type) AS type
     FROM outbox WHERE type LIKE 'ReservationConfirm%' AND message_key = ANY ($1) GROUP BY 1`,
    [holds.map(({ reservationId }) => reservationId)],
  )
  expect(replies).toHaveLength(commands.length)
  for (const reply of replies) expect(reply).toMatchObject({ messages: 1, sent: 4 })
  expect(replies.filter(({ type }) => type === 'ReservationConfirmed')).toHaveLength(holds.length)
  const { rows: places } = await pool.query<{ left: number[] }>(
    `SELECT json_agg(c.payload -> 'queuePlace' -> 'liveHoldsLeft' ORDER BY c.payload -> 'queuePlace' ->> 'liveHoldsLeft') AS left
     FROM confirm_replies c JOIN reservations r USING (reservation_id)
     WHERE c.type = 'ReservationConfirmed' AND reservation_id = ANY ($1::uuid[]) GROUP BY r.user_id`,
    [holds.map(({ reservationId }) => reservationId)],
  )
  expect(places).toEqual(Array.from({ length: holds.length / 2 }, () => ({ left: [0, 1] })))
}

test('of two holds of one place in one batch, the second confirmation says that no hold is left', async () => {
  const scheduleId = newSchedule()
  const holds = [await hold(scheduleId, 'u', [1], 3), await hold(scheduleId, 'u', [2], 3)]
  const ofAnotherPlace = await hold(scheduleId, 'u', [3], 4)
  await confirmMany(
    ctx,
    [...holds, ofAnotherPlace].map((held) => commandFor(held)),
  )
  const { rows } = await pool.query(
    `SELECT payload -> 'queuePlace' AS place FROM outbox
     WHERE type = 'ReservationConfirmed' AND message_key = ANY ($1) ORDER BY id`,
    [[...holds, ofAnotherPlace].map(({ reservationId }) => reservationId)],
  )
  expect(rows.map(({ place }) => place)).toEqual([
    { sequence: 3, liveHoldsLeft: 1 },
    { sequence: 3, liveHoldsLeft: 0 },
    { sequence: 4, liveHoldsLeft: 0 },
  ])
})

test('in one batch a cancelled schedule sells nothing any more, and refunds are noted; each is told under its own trace', async () => {
  const [open, cancelled] = [newSchedule(), newSchedule()]
  const [sold, late, given] = [
    await hold(open, 'a', [1], 1),
    await hold(cancelled, 'b', [1], 1),
    await hold(open, 'c', [2], 1),
  ]
  const payment = commandFor(given)
  await confirmMany(ctx, [payment])
  await cancelReservation(ctx, { reservationId: given.reservationId, owner: 'c', ...withoutKey })
  const told: unknown[] = []
  const note = (what: string) => () => told.push([what, currentTrace()?.requestId])
  const counters = {
    ...ctx.counters,
    confirmed: note('confirmed'),
    confirmRefused: note('refused'),
    refunded: note('refunded'),
  }
  const [confirms, refunds] = [[commandFor(sold), commandFor(late)], uuidv7()]
  const refund = { ...payment, scheduleId: open, reason: 'USER_CANCELLED', refundedAmount: payment.amount }
  const batch = [
    ...confirms.map((command) => ({ id: command.id, content: { kind: 'confirm', command } as const })),
    { id: refunds, content: { kind: 'refunded', refund } as const },
    // A refund of a payment that confirmed nothing, and of one that is not there.
    { id: uuidv7(), content: { kind: 'refunded', refund: { ...refund, paymentId: randomUUID() } } as const },
    {
      id: uuidv7(),
      content: { kind: 'schedule-status', change: { scheduleId: cancelled, status: 'CANCELLED' } } as const,
    },
  ]
  await handOverMany({ ...ctx, counters }, batch)
  // The same batch again changes nothing and counts nothing.
  await handOverMany({ ...ctx, counters }, batch)
  expect(told).toEqual([
    ['confirmed', confirms[0]?.id],
    ['refused', confirms[1]?.id],
    ['refunded', refunds],
  ])
  expect((await getReservation(ctx, sold.reservationId, null)).status).toBe('CONFIRMED')
  expect((await getReservation(ctx, given.reservationId, null)).refundStatus).toBe('REFUNDED')
  const { rows } = await pool.query(
    `SELECT payload ->> 'reason' AS reason FROM confirm_replies WHERE payment_id = $1`,
    [confirms[1]?.paymentId],
  )
  expect(rows).toEqual([{ reason: 'RESERVATION_CANCELLED' }])
})
