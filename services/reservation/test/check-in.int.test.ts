import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ed25519PrivateKey } from '../src/tickets/key-settings.ts'
import { createTicketCodes } from '../src/tickets/ticket-codes.ts'
import { SIGNING_KEY, startInstance, startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'
import { ticketCalls } from './ticket-calls.ts'
import type { TicketCalls } from './ticket-calls.ts'

let running: RunningService
let calls: TicketCalls

beforeAll(async () => {
  running = await startRunningService({ env: { SWEEP_EVERY_MS: '60000' } })
  calls = ticketCalls(running)
})
afterAll(() => running.stop())

describe('POST /admin/tickets/check-in', () => {
  test('admits once, says who and where, and the second time when and by whom it was used before', async () => {
    const { reservationId, number } = await calls.buy('121', [2021, 2022])
    const [{ code, seat }, { code: friends }] = (await calls.look('121', reservationId)).data.tickets
    const first = await calls.checkIn('door-1', { code, scheduleId: 2 })
    expect(first).toMatchObject({ status: 200 })
    expect(first.data).toEqual({
      reservationId,
      reservationNumber: number,
      scheduleId: 2,
      seat,
      checkedInAt: expect.any(String),
      checkedInBy: 'door-1',
    })
    expect(Math.abs(Date.now() - Date.parse(first.data.checkedInAt))).toBeLessThan(10_000)
    const { checkedInAt } = first.data
    expect(await calls.checkIn('door-2', { code, scheduleId: 2 })).toMatchObject({
      status: 409,
      code: 'TICKET_USED',
      details: { reservationNumber: number, seat, checkedInAt, checkedInBy: 'door-1' },
    })
    const shown = (await calls.look('121', reservationId)).data.tickets
    expect(shown.map((ticket: { checkedInAt: string | null }) => ticket.checkedInAt)).toEqual([
      checkedInAt,
      null,
    ])
    // The friend comes later, and apart.
    expect((await calls.checkIn('door-2', { code: friends })).status).toBe(200)
  })

  test('two doors at the same moment admit one, whichever instance they ask', async () => {
    const other = await startInstance(running.environment, running.neighbours)
    try {
      for (let seatId = 2031; seatId <= 2036; seatId += 1) {
        const { reservationId } = await calls.buy(`door-rush-${seatId}`, [seatId])
        const code = await calls.codeOf(`door-rush-${seatId}`, reservationId)
        const answers = await Promise.all(
          Array.from({ length: 8 }, (_, door) =>
            calls.checkIn(`door-${door}`, { code }, door % 2 === 0 ? {} : { port: other.ports.http }),
          ),
        )
        const admitted = answers.filter(({ status }) => status === 200)
        expect(admitted).toHaveLength(1)
        for (const { code: refusal, details } of answers.filter(({ status }) => status !== 200)) {
          expect(refusal).toBe('TICKET_USED')
          expect(details).toMatchObject({ checkedInBy: admitted[0]?.data.checkedInBy })
        }
        expect(await calls.usedSeatsOf(reservationId)).toHaveLength(1)
      }
    } finally {
      await other.stop()
    }
  })

  test('a door that lost the answer asks again with its key and is answered the same, also at once and after a cancellation', async () => {
    const { reservationId } = await calls.buy('122', [2041])
    const code = await calls.codeOf('122', reservationId)
    const key = randomUUID()
    const answers = await Promise.all([0, 1, 2].map(() => calls.checkIn('door-1', { code }, { key })))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(1)
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(2)
    await calls.cancel('admin', reservationId, true)
    const again = await calls.checkIn('door-1', { code }, { key })
    expect([again.status, again.data]).toEqual([200, answers[0]?.data])
    // The key belongs to this door and this ticket.
    expect((await calls.checkIn('door-1', { code, scheduleId: 2 }, { key })).code).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    )
    expect((await calls.checkIn('door-2', { code }, { key })).status).toBe(409)
    expect(await calls.usedSeatsOf(reservationId)).toHaveLength(1)
  })

  test('a refusal leaves the key free', async () => {
    const { reservationId } = await calls.buy('123', [2042])
    const code = await calls.codeOf('123', reservationId)
    const key = randomUUID()
    expect((await calls.checkIn('door', { code, scheduleId: 1 }, { key })).code).toBe(
      'TICKET_OF_OTHER_SCHEDULE',
    )
    expect((await calls.checkIn('door', { code, scheduleId: 2 }, { key })).status).toBe(200)
  })

  test('a ticket of another show is refused with the show that it is of, and stays good', async () => {
    const { reservationId } = await calls.buy('124', [2043])
    const code = await calls.codeOf('124', reservationId)
    expect(await calls.checkIn('door', { code, scheduleId: 1 })).toMatchObject({
      status: 422,
      code: 'TICKET_OF_OTHER_SCHEDULE',
      details: { scheduleId: 2 },
    })
    expect(await calls.usedSeatsOf(reservationId)).toEqual([])
    expect((await calls.checkIn('door', { code, scheduleId: 2 })).status).toBe(200)
  })

  test('what is forged, damaged or of a reservation that is not here is TICKET_INVALID and uses nothing', async () => {
    const { reservationId, number } = await calls.buy('125', [2044])
    const code = await calls.codeOf('125', reservationId)
    const [header = '', claims = '', signature = ''] = code.split('.')
    const stranger = createTicketCodes(generateKeyPairSync('ed25519').privateKey, [])
    const strangers = await stranger.sign({ reservationNumber: number, scheduleId: 2, seatId: 2_044 })
    const ours = createTicketCodes(ed25519PrivateKey.parse(SIGNING_KEY), [])
    const signed = (facts: object) =>
      ours.sign({ reservationNumber: number, scheduleId: 2, seatId: 2_044, ...facts })
    const flip = (text: string, at: number): string =>
      text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    for (const bad of [
      strangers,
      flip(code, 5),
      flip(code, header.length + 5),
      flip(code, code.length - 40),
      `${none}.${claims}.`,
      `${header}.${claims}.`,
      `${header}.${claims}`,
      `${strangers.split('.')[0]}.${claims}.${signature}`,
      number,
      'https://frontrow.example/tickets',
      await signed({ reservationNumber: 'FR-2222222222' }),
      await signed({ scheduleId: 1 }),
      await signed({ seatId: 2_045 }),
    ]) {
      expect([bad, await calls.checkIn('door', { code: bad })]).toMatchObject([
        bad,
        { status: 422, code: 'TICKET_INVALID' },
      ])
    }
    expect(await calls.usedSeatsOf(reservationId)).toEqual([])
    expect((await calls.checkIn('door', { code })).status).toBe(200)
  })

  test.each([
    ['no code', {}, 'code'],
    ['an empty code', { code: '' }, 'code'],
    ['a code that is no text', { code: 7 }, 'code'],
    ['a code as long as a page', { code: 'A'.repeat(1_001) }, 'code'],
    ['a schedule as text', { code: 'A', scheduleId: '2' }, 'scheduleId'],
    ['a misspelt field', { code: 'A', schedule: 2 }, 'schedule'],
  ])('%s is INVALID_REQUEST and names the field', async (_what, body, field) => {
    const refused = await calls.checkIn('door', body)
    expect(refused).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    expect(refused.details).toEqual([expect.objectContaining({ in: 'body', field })])
  })

  test('is for admins only', async () => {
    const { reservationId } = await calls.buy('126', [2046])
    const code = await calls.codeOf('126', reservationId)
    expect(await calls.checkIn('126', { code }, { admin: false })).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    })
    expect(await calls.usedSeatsOf(reservationId)).toEqual([])
  })

  test('is in the log of what admins did, whether it admitted or not', async () => {
    const { reservationId } = await calls.buy('127', [2047])
    const body = { code: await calls.codeOf('127', reservationId), scheduleId: 2 }
    await calls.checkIn('door-with-log', body)
    await calls.checkIn('door-with-log', body)
    const { rows } = await running.db.query(
      `SELECT operation, path, body, outcome, status FROM admin_actions WHERE admin_id = 'door-with-log' ORDER BY action_id`,
    )
    const row = { operation: 'checkInTicket', path: '/api/v1/admin/tickets/check-in', body }
    expect(rows).toEqual([
      { ...row, outcome: 'DONE', status: 200 },
      { ...row, outcome: 'TICKET_USED', status: 409 },
    ])
  })

  test('what was used can not be unused by the service', async () => {
    for (const statement of [
      'DELETE FROM check_ins',
      'UPDATE check_ins SET seat_id = 0',
      'TRUNCATE check_ins',
    ]) {
      await expect(running.db.query(statement)).rejects.toThrow('permission denied')
    }
  })
})

describe('a cancellation and a check-in', () => {
  test('a cancelled ticket is not admitted, and the door is told since when', async () => {
    const { reservationId } = await calls.buy('131', [2051])
    const code = await calls.codeOf('131', reservationId)
    await calls.cancel('131', reservationId)
    expect(await calls.checkIn('door', { code })).toMatchObject({
      status: 409,
      code: 'RESERVATION_NOT_CONFIRMED',
      details: { status: 'CANCELLED', cancelledAt: expect.any(String) },
    })
    // Whoever buys the seat then has a ticket of their own.
    const next = await calls.buy('132', [2051])
    expect(
      (await calls.checkIn('door', { code: await calls.codeOf('132', next.reservationId) })).status,
    ).toBe(200)
  })

  test('who has come in with one of the tickets can not give the reservation back; an admin can, and what is left is void', async () => {
    const { reservationId } = await calls.buy('133', [2052, 2053])
    const [{ code }, { code: unused }] = (await calls.look('133', reservationId)).data.tickets
    const { checkedInAt } = (await calls.checkIn('door', { code })).data
    expect(await calls.cancel('133', reservationId)).toMatchObject({
      status: 409,
      code: 'TICKET_USED',
      details: { seatId: 2_052, checkedInAt },
    })
    expect((await calls.look('133', reservationId)).status).toBe(200)
    expect(await calls.cancel('admin', reservationId, true)).toMatchObject({
      status: 200,
      data: { status: 'CANCELLED', refund: { status: 'PENDING' } },
    })
    for (const one of [code, unused]) {
      expect((await calls.checkIn('door', { code: one })).code).toBe('RESERVATION_NOT_CONFIRMED')
    }
    expect(await calls.usedSeatsOf(reservationId)).toEqual([2_052])
    // Asking again is answered as before, also to the owner.
    expect(await calls.cancel('133', reservationId)).toMatchObject({
      status: 200,
      data: { status: 'CANCELLED' },
    })
  })

  test('at the same moment either the person is in or the money goes back, never both', async () => {
    for (let seatId = 2061; seatId <= 2080; seatId += 1) {
      const userId = `torn-${seatId}`
      const { reservationId } = await calls.buy(userId, [seatId])
      const code = await calls.codeOf(userId, reservationId)
      const [cancelled, admitted] = await Promise.all(
        seatId % 2 === 0
          ? [calls.cancel(userId, reservationId), calls.checkIn('door', { code })]
          : [calls.checkIn('door', { code }), calls.cancel(userId, reservationId)].toReversed(),
      )
      expect([
        ['200', 'RESERVATION_NOT_CONFIRMED'],
        ['TICKET_USED', '200'],
      ]).toContainEqual([cancelled?.code ?? '200', admitted?.code ?? '200'])
    }
  })
})

describe('GET /admin/schedules/{id}/check-ins', () => {
  const count = (scheduleId: unknown, admin = true) =>
    running.call('admin', 'GET', `/admin/schedules/${String(scheduleId)}/check-ins`, { admin })

  test('counts the tickets of a show, who is in, and who is in though it was cancelled', async () => {
    const hour = 3_600_000
    running.neighbours.schedules.set(9, {
      status: 'ON_SALE',
      bookingOpenAtMs: Date.now() - hour,
      bookingCloseAtMs: Date.now() + hour,
      runs: [],
    })
    expect(await count(9)).toMatchObject({
      status: 200,
      data: { scheduleId: 9, tickets: 0, admitted: 0, cancelledAfterAdmission: 0 },
    })
    const before = (await count(2)).data
    const two = await calls.buy('141', [2081, 2082])
    await running.hold('142', { scheduleId: 2, seatIds: [2083] })
    const gone = await calls.buy('143', [2084])
    await calls.checkIn('door', { code: await calls.codeOf('141', two.reservationId) })
    await calls.checkIn('door', { code: await calls.codeOf('143', gone.reservationId) })
    await calls.cancel('admin', gone.reservationId, true)
    expect((await count(2)).data).toEqual({
      scheduleId: 2,
      tickets: before.tickets + 2,
      admitted: before.admitted + 1,
      cancelledAfterAdmission: before.cancelledAfterAdmission + 1,
    })
  })

  test('knows no show that the catalog does not know, and is for admins only', async () => {
    expect(await count(77)).toMatchObject({ status: 404, code: 'SCHEDULE_NOT_FOUND' })
    expect(await count('x')).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    expect(await count(2, false)).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  })
})
