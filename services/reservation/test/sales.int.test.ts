import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { RefusedHolds } from '../src/sales/refused-holds.ts'
import { layOutRuns } from './neighbours.ts'
import { startInstance, startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'

let running: RunningService

beforeAll(async () => {
  running = await startRunningService({ env: { SWEEP_EVERY_MS: '60000' } })
})
afterAll(() => running.stop())

describe('GET /admin/schedules/{id}/sales', () => {
  const sales = (scheduleId: unknown, admin = true, port = running.service.ports.http) =>
    running.call('admin', 'GET', `/admin/schedules/${String(scheduleId)}/sales`, { admin, port })

  /** A schedule of its own that is on sale, with seats from a thousand times its id on. */
  const openSchedule = (scheduleId: number): void => {
    const hour = 3_600_000
    const [bookingOpenAtMs, bookingCloseAtMs] = [Date.now() - hour, Date.now() + hour]
    const runs = layOutRuns(scheduleId, 50)
    running.neighbours.schedules.set(scheduleId, {
      status: 'ON_SALE',
      bookingOpenAtMs,
      bookingCloseAtMs,
      runs,
    })
  }
  const NOTHING = { heldSeats: 0, soldSeats: 0, holds: 0, confirmed: 0, cancelled: 0, expired: 0 }

  test('tells of each reservation what it is now, without the sweeper', async () => {
    openSchedule(71)
    expect(await sales(71)).toMatchObject({ status: 200, data: { scheduleId: 71, ...NOTHING, refused: {} } })
    const made: string[] = []
    for (const [index, seatIds] of [
      [71_001, 71_002],
      [71_003],
      [71_004, 71_005, 71_006],
      [71_007],
    ].entries()) {
      const held = await running.hold(`71${index}`, { scheduleId: 71, seatIds })
      made.push(held.data.reservationId)
    }
    const [, lapsed = '', paid, cancelled] = made
    await running.lapse(lapsed)
    await running.db.query(
      `UPDATE reservations SET status = 'CONFIRMED', payment_id = gen_random_uuid(), confirmed_at = now() WHERE reservation_id = $1`,
      [paid],
    )
    await running.call('713', 'POST', `/reservations/${cancelled}/cancel`)
    await eventually(async () => {
      expect((await sales(71)).data).toEqual({
        scheduleId: 71,
        heldSeats: 2,
        soldSeats: 3,
        holds: 1,
        confirmed: 1,
        cancelled: 1,
        expired: 1,
        refused: {},
        serverTime: expect.stringMatching(/Z$/),
      })
    })
  })

  test('counts refused holds by code, on all instances, and goes on doing so when one is stopped', async () => {
    openSchedule(72)
    await running.hold('721', { scheduleId: 72, seatIds: [72_001, 72_002, 72_003, 72_004, 72_005] })
    const other = await startInstance(running.environment, running.neighbours)
    const refusals: Promise<{ code: string | undefined }>[] = []
    for (const port of [running.service.ports.http, other.ports.http]) {
      for (const [userId, seatIds] of [
        ['722', [72_001]],
        ['723', [72_005, 72_006]],
        ['721', [72_007, 72_008]],
      ] as const) {
        const body = { scheduleId: 72, seatIds }
        refusals.push(running.call(userId, 'POST', '/reservations', { body, port }))
      }
    }
    await Promise.all(refusals)
    await other.stop()
    // A schedule that there is not has no sales, however often somebody asks for its seats.
    expect((await running.hold('724', { scheduleId: 999_999, seatIds: [1] })).code).toBe('SCHEDULE_NOT_FOUND')
    await eventually(async () => {
      expect((await sales(72)).data.refused).toEqual({ SEAT_TAKEN: 4, SEAT_LIMIT_EXCEEDED: 2 })
    })
    const { rows } = await running.db.query('SELECT FROM refused_holds WHERE schedule_id = 999999')
    expect(rows).toEqual([])
  })

  test('is never waited for by those who are refused, and a count that could not be stored is stored later', async () => {
    openSchedule(73)
    await running.hold('731', { scheduleId: 73, seatIds: [73_001] })
    const counter = new RefusedHolds(running.db)
    const held = await running.db.connect()
    try {
      await held.query('BEGIN')
      await held.query('SET LOCAL idle_in_transaction_session_timeout = 0')
      await held.query(`INSERT INTO refused_holds (schedule_id, code, refused) VALUES (73, 'SEAT_TAKEN', 1)`)
      expect(await running.hold('732', { scheduleId: 73, seatIds: [73_001] })).toMatchObject({
        status: 409,
        code: 'SEAT_TAKEN',
      })
      counter.note(73, 'SEAT_TAKEN')
      counter.note(73, 'QUEUE_TOKEN_INVALID')
      // The lock is waited for 2 s at most.
      await expect(counter.store()).rejects.toThrow('lock timeout')
    } finally {
      await held.query('ROLLBACK')
      held.release()
    }
    counter.note(73, 'SEAT_TAKEN')
    await counter.store()
    await counter.store()
    await eventually(async () => expect((await sales(73)).data.refused).toEqual({ SEAT_TAKEN: 3 }))
  })

  test('is for admins, of a schedule that there is', async () => {
    expect(await sales(1, false)).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    expect(await sales(999_999)).toMatchObject({ status: 404, code: 'SCHEDULE_NOT_FOUND' })
    expect(await sales('0x1')).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      details: [{ in: 'path', field: 'scheduleId' }],
    })
  })
})
