import { expect } from '@jest/globals'
import { uuidv7 } from 'uuidv7'
import type { RunningService } from './running-service.ts'

type Answer = Awaited<ReturnType<RunningService['call']>>

/** What buyers and doors do with tickets of schedule 2. */
export interface TicketCalls {
  /** Holds seats and marks them paid, as the saga does. */
  buy(userId: string, seatIds: number[]): Promise<{ reservationId: string; number: string }>
  look(userId: string, reservationId: string, more?: { admin?: boolean; port?: number }): Promise<Answer>
  /** The code of the first seat. */
  codeOf(userId: string, reservationId: string): Promise<string>
  checkIn(
    door: string,
    body: object,
    more?: { key?: string; admin?: boolean; port?: number },
  ): Promise<Answer>
  cancel(userId: string, reservationId: string, admin?: boolean): Promise<Answer>
  /** The seats of a reservation that were checked in. */
  usedSeatsOf(reservationId: string): Promise<number[]>
}

/** The same for a service that runs. */
export function ticketCalls(running: RunningService): TicketCalls {
  const look: TicketCalls['look'] = (userId, reservationId, more = {}) =>
    running.call(userId, 'GET', `/reservations/${reservationId}/ticket`, more)
  return {
    buy: async (userId, seatIds) => {
      const held = await running.hold(userId, { scheduleId: 2, seatIds })
      expect(held.status).toBe(201)
      const { reservationId, reservationNumber } = held.data
      await running.db.query(
        `WITH kept AS (UPDATE seat_holds SET expires_at = 'infinity' WHERE reservation_id = $1)
         UPDATE reservations SET status = 'CONFIRMED', payment_id = $2, confirmed_at = now() WHERE reservation_id = $1`,
        [reservationId, uuidv7()],
      )
      return { reservationId, number: reservationNumber }
    },
    look,
    codeOf: async (userId, reservationId) => {
      const { status, data } = await look(userId, reservationId)
      expect([userId, status]).toEqual([userId, 200])
      return data.tickets[0].code
    },
    checkIn: (door, body, { key, admin = true, port } = {}) =>
      running.call(door, 'POST', '/admin/tickets/check-in', {
        body,
        admin,
        ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
        ...(port === undefined ? {} : { port }),
      }),
    cancel: (userId, reservationId, admin = false) =>
      running.call(userId, 'POST', `/reservations/${reservationId}/cancel`, { admin }),
    usedSeatsOf: async (reservationId) => {
      const { rows } = await running.db.query<{ seat_id: number }>(
        'SELECT seat_id FROM check_ins WHERE reservation_id = $1',
        [reservationId],
      )
      return rows.map(({ seat_id }) => seat_id)
    },
  }
}
