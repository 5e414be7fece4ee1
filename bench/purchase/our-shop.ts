import { createClient } from '@frontrow/postgres/pool'
import { z } from 'zod'
import { signToken } from '../../scripts/development-tokens.ts'
import type { OurSystem } from './our-system.ts'
import { planVisits, seatsNeeded } from './shop.ts'
import type { Sale, Shop } from './shop.ts'

const DAY_MS = 86_400_000
const SEATS_A_ROW = 100
const SEATS_MIN = 10
const OPENED_TOGETHER = 8

const created = z.object({
  data: z.object({
    venueId: z.int().optional(),
    concertId: z.int().optional(),
    scheduleId: z.int().optional(),
  }),
})

/** Our whole system as a shop. Each sale has new schedules, which are all on sale at once, and lets everybody in. */
export class OurShop implements Shop {
  readonly stack: OurSystem
  readonly refusedPath = 'reservations'
  readonly #schedules: number
  readonly #name: string
  #admin = ''

  constructor(stack: OurSystem, name: string, schedules: number) {
    this.stack = stack
    this.#name = name
    this.#schedules = schedules
  }

  async openSale(round: number, buyers: number): Promise<Sale> {
    this.#admin = await signToken(this.stack.signer, 'bench', { roles: ['admin'] })
    const { venueId } = await this.#create('POST', 'venues', { name: 'Bench hall' })
    const { concertId } = await this.#create('POST', 'concerts', { title: 'Bench', artist: 'Bench' })
    const scheduleIds: number[] = []
    while (scheduleIds.length < this.#schedules) {
      const count = Math.min(OPENED_TOGETHER, this.#schedules - scheduleIds.length)
      const some = Array.from({ length: count }, () => this.#openSchedule(venueId, concertId, buyers))
      scheduleIds.push(...(await Promise.all(some)))
    }
    const seatIds = await this.#readSeats(scheduleIds)
    const schedules = scheduleIds.map((scheduleId) => ({
      scheduleId,
      seatIds: seatIds.get(scheduleId) ?? [],
    }))
    return planVisits(schedules, buyers, async (index) => {
      const userId = `${this.#name}-${round}-${index}`
      return { userId, bearerToken: await signToken(this.stack.signer, userId) }
    })
  }

  async #openSchedule(venueId = 0, concertId = 0, buyers: number): Promise<number> {
    const seats = Math.max(SEATS_MIN, seatsNeeded(buyers, this.#schedules))
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString()
    const { scheduleId = 0 } = await this.#create('POST', `concerts/${concertId}/schedules`, {
      venueId,
      performanceAt: at(10 * DAY_MS),
      bookingOpenAt: at(-60_000),
      bookingCloseAt: at(9 * DAY_MS),
      sections: [
        {
          section: 'A',
          grade: 'R',
          price: 50_000,
          rows: Math.ceil(seats / SEATS_A_ROW),
          seatsPerRow: Math.min(seats, SEATS_A_ROW),
        },
      ],
    })
    await this.#create('PATCH', `queues/${scheduleId}`, { maxActive: null })
    return scheduleId
  }

  async #create(method: string, path: string, body: object): Promise<z.output<typeof created>['data']> {
    const answer = await fetch(`http://127.0.0.1:${this.stack.port}/api/v1/admin/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.#admin}` },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return created.parse(await answer.json()).data
  }

  async #readSeats(scheduleIds: readonly number[]): Promise<Map<number, number[]>> {
    const client = createClient(this.stack.adminDatabaseUrl, 'bench')
    await client.connect()
    try {
      const { rows } = await client.query<{ scheduleId: number; seatIds: number[] }>(
        `SELECT schedule_id AS "scheduleId", array_agg(seat_id::int ORDER BY seat_id) AS "seatIds"
         FROM catalog.seats WHERE schedule_id = ANY ($1) GROUP BY schedule_id`,
        [scheduleIds],
      )
      return new Map(rows.map(({ scheduleId, seatIds }) => [scheduleId, seatIds]))
    } finally {
      await client.end()
    }
  }
}
