import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { startInstance, startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'
import { newSigningKey } from './signing-keys.ts'
import { ticketCalls } from './ticket-calls.ts'
import type { TicketCalls } from './ticket-calls.ts'

let running: RunningService
let calls: TicketCalls

beforeAll(async () => {
  running = await startRunningService({ env: { SWEEP_EVERY_MS: '60000' } })
  calls = ticketCalls(running)
})
afterAll(() => running.stop())

describe('GET /reservations/{id}/ticket', () => {
  test('gives a confirmed reservation one ticket a seat, each with a code of its own, and says where and when the show is', async () => {
    const { reservationId, number } = await calls.buy('101', [2001, 2002])
    const answer = await calls.look('101', reservationId)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.data).toEqual({
      reservationId,
      reservationNumber: number,
      scheduleId: 2,
      schedule: {
        concertId: 7,
        concertTitle: 'Night',
        venueId: 3,
        venueName: 'Hall',
        performanceAt: expect.any(String),
        timeZone: 'Asia/Seoul',
        status: 'ON_SALE',
      },
      tickets: [2001, 2002].map((seatId) => ({
        seat: expect.objectContaining({ seatId, section: 'A', row: '1', price: 1_500 }),
        code: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        checkedInAt: null,
      })),
    })
    const [first, second] = answer.data.tickets
    expect(first.code).not.toBe(second.code)
    expect((await calls.look('101', reservationId)).data).toEqual(answer.data)
    expect((await calls.look('admin', reservationId, { admin: true })).data).toEqual(answer.data)
  })

  test('is 404 for anybody else, and for what is no reservation', async () => {
    const { reservationId } = await calls.buy('102', [2003])
    for (const id of [reservationId, randomUUID()]) {
      expect(await calls.look('103', id)).toMatchObject({ status: 404, code: 'RESERVATION_NOT_FOUND' })
    }
    expect(await calls.look('102', 'FR-1')).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
  })

  test('is 409 and says what it is, where the reservation is held, ran out or was cancelled', async () => {
    const held = await running.hold('104', { scheduleId: 2, seatIds: [2004] })
    const refused = (status: string, cancelledAt: unknown) => ({
      status: 409,
      code: 'RESERVATION_NOT_CONFIRMED',
      details: { status, cancelledAt },
    })
    expect(await calls.look('104', held.data.reservationId)).toMatchObject(refused('HOLD', null))
    await running.lapse(held.data.reservationId)
    expect(await calls.look('104', held.data.reservationId)).toMatchObject(refused('EXPIRED', null))
    const { reservationId } = await calls.buy('104', [2005])
    expect((await calls.cancel('104', reservationId)).status).toBe(200)
    expect(await calls.look('104', reservationId)).toMatchObject(refused('CANCELLED', expect.any(String)))
  })

  test('says of a show what the catalog shows, and that it is cancelled also while the catalog does not answer', async () => {
    const { reservationId } = await calls.buy('106', [2007])
    const shown = async (): Promise<unknown[]> => {
      const [ticket, one, list] = await Promise.all([
        calls.look('106', reservationId),
        running.call('106', 'GET', `/reservations/${reservationId}`),
        running.call('106', 'GET', '/reservations'),
      ])
      return [ticket.data.schedule, one.data.schedule, list.data.items[0].schedule].map(
        ({ status }) => status,
      )
    }
    expect(await shown()).toEqual(['ON_SALE', 'ON_SALE', 'ON_SALE'])
    const { schedules } = running.neighbours
    const before = schedules.get(2)
    if (before === undefined) throw new Error('the stand-in has no schedule 2')
    schedules.set(2, { ...before, bookingCloseAtMs: Date.now() - 1 })
    await eventually(async () => expect(await shown()).toEqual(['CLOSED', 'CLOSED', 'CLOSED']))
    schedules.set(2, before)
    await eventually(async () => expect(await shown()).toEqual(['ON_SALE', 'ON_SALE', 'ON_SALE']))
    running.neighbours.catalogIsAway = true
    await running.db.query('INSERT INTO cancelled_schedules (schedule_id) VALUES (2)')
    try {
      expect(await shown()).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED'])
    } finally {
      running.neighbours.catalogIsAway = false
      await running.db.query('DELETE FROM cancelled_schedules WHERE schedule_id = 2')
    }
  })

  test('shows tickets, and doors admit, while the catalog does not answer', async () => {
    const { reservationId } = await calls.buy('105', [2006])
    // Another instance, which knows no show yet.
    const other = await startInstance(running.environment, running.neighbours)
    running.neighbours.catalogIsAway = true
    try {
      const port = other.ports.http
      const answer = await calls.look('105', reservationId, { port })
      expect(answer).toMatchObject({ status: 200, data: { schedule: null } })
      const [{ code }] = answer.data.tickets
      expect((await calls.checkIn('door', { code, scheduleId: 2 }, { port })).status).toBe(200)
    } finally {
      running.neighbours.catalogIsAway = false
      await other.stop()
    }
  })
})

describe('GET /tickets/keys', () => {
  const keysUrl = (port = running.service.ports.http): string =>
    `http://127.0.0.1:${port}/api/v1/tickets/keys`

  test('is a key set that anybody may read and keep, by which a library of JOSE verifies a code', async () => {
    const answer = await fetch(keysUrl())
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/jwk-set+json')
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
    expect(await answer.json()).toEqual({
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          x: expect.any(String),
          kid: expect.stringMatching(/^[\w-]{4}$/),
          alg: 'EdDSA',
          use: 'sig',
        },
      ],
    })
    const { reservationId, number } = await calls.buy('111', [2011])
    const code = await calls.codeOf('111', reservationId)
    const { payload } = await jwtVerify(code, createRemoteJWKSet(new URL(keysUrl())), {
      algorithms: ['EdDSA'],
    })
    expect(payload).toEqual({ res: number, sch: 2, seat: 2_011 })
  })

  test('has the old key and the new one in a rotation, and tickets of either are admitted', async () => {
    const { reservationId } = await calls.buy('112', [2012, 2013])
    const [{ code: old }] = (await calls.look('112', reservationId)).data.tickets
    const keySet = async (port?: number): Promise<{ keys: { x: string }[] }> =>
      JSON.parse(await (await fetch(keysUrl(port))).text())
    const next = newSigningKey()
    const [oldKey] = (await keySet()).keys
    const other = await startInstance(running.environment, running.neighbours, {
      TICKET_SIGNING_KEY: next.privateKey,
      TICKET_PUBLIC_KEYS: spkiOf(oldKey?.x ?? ''),
    })
    try {
      const port = other.ports.http
      expect((await keySet(port)).keys.map(({ x }) => spkiOf(x))).toEqual([
        next.publicKey,
        spkiOf(oldKey?.x ?? ''),
      ])
      const [, { code: fresh }] = (await calls.look('112', reservationId, { port })).data.tickets
      expect((await calls.checkIn('door', { code: old }, { port })).status).toBe(200)
      expect((await calls.checkIn('door', { code: fresh }, { port })).status).toBe(200)
      // An instance that has not heard of the new key takes none of its tickets.
      expect(await calls.checkIn('door', { code: fresh })).toMatchObject({
        status: 422,
        code: 'TICKET_INVALID',
      })
    } finally {
      await other.stop()
    }
  })
})

// Before the 32 bytes of a public key of Ed25519 its SPKI has the same 12 always.
function spkiOf(x: string): string {
  return Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    Buffer.from(x, 'base64url'),
  ]).toString('base64')
}
