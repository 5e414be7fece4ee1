import { createClient } from '@frontrow/postgres/pool'
import { z } from 'zod'
import { signToken } from '../../scripts/development-tokens.ts'
import { countOpenJobs } from './open-jobs.ts'
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

/** What a shop has on sale. */
export interface Programme {
  /** Schedules that are on sale at once; buyers take turns at them. */
  schedules: number
  /** Sales that there will be, each of other seats. */
  sales: number
}

/**
 * Our whole system as a shop. Its schedules are opened with the first sale and let everybody in. They stay on sale until the last one,
 * so that what a service reads once a schedule is read in the warm-up. `name` begins the ids of its users.
 */
export class OurShop implements Shop {
  readonly stack: OurSystem
  readonly refusedPath = 'reservations'
  readonly #name: string
  readonly #programme: Programme
  #opened: { scheduleId: number; seatIds: readonly number[] }[] = []
  #admin = ''
  #concertId = 0

  constructor(stack: OurSystem, name: string, programme: Programme) {
    this.stack = stack
    this.#name = name
    this.#programme = programme
  }

  async openSale(round: number, buyers: number): Promise<Sale> {
    const seatsASale = seatsNeeded(buyers, this.#programme.schedules)
    if (this.#opened.length === 0) await this.#open(Math.max(SEATS_MIN, seatsASale * this.#programme.sales))
    const schedules = this.#opened.map(({ scheduleId, seatIds }) => ({
      scheduleId,
      seatIds: seatIds.slice(round * seatsASale, (round + 1) * seatsASale),
    }))
    return planVisits(schedules, buyers, async (index) => {
      const userId = `${this.#name}-${round}-${index}`
      return { userId, bearerToken: await signToken(this.stack.signer, userId) }
    })
  }

  mapPath(scheduleId: number): string {
    return `/api/v1/concerts/${this.#concertId}/schedules/${scheduleId}/seats`
  }

  countOpenJobs(): Promise<number> {
    return countOpenJobs(this.stack.adminDatabaseUrl, 'reservation.jobs')
  }

  async #open(seats: number): Promise<void> {
    this.#admin = await signToken(this.stack.signer, 'bench', { roles: ['admin'] })
    const { venueId } = await this.#create('POST', 'venues', { name: 'Bench hall' })
    const { concertId } = await this.#create('POST', 'concerts', { title: 'Bench', artist: 'Bench' })
    this.#concertId = concertId ?? 0
    const scheduleIds: number[] = []
    while (scheduleIds.length < this.#programme.schedules) {
      const count = Math.min(OPENED_TOGETHER, this.#programme.schedules - scheduleIds.length)
      const some = Array.from({ length: count }, () => this.#openSchedule(venueId, concertId, seats))
      scheduleIds.push(...(await Promise.all(some)))
    }
    const seatIds = await this.#readSeats(scheduleIds)
    this.#opened = scheduleIds.map((scheduleId) => ({ scheduleId, seatIds: seatIds.get(scheduleId) ?? [] }))
  }

  async #openSchedule(venueId = 0, concertId = 0, seats: number): Promise<number> {
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
