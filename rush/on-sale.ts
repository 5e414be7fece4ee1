import { z } from 'zod'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { id } from '@frontrow/values/ids'
import { roomAnswer } from './answers.ts'
import type { ApiClient, Call } from './api-client.ts'
import type { RushOptions } from './arguments.ts'

/** The schedule that the fans want seats of. */
export interface OnSale {
  readonly concertId: number
  readonly scheduleId: number
  readonly seats: number
  /** Price of the dearest seat. */
  readonly dearest: number
}

/** Seats in rows of one price, as the admin API takes them. */
export interface Section {
  readonly section: string
  readonly grade: string
  readonly price: number
  readonly rows: number
  readonly seatsPerRow: number
}

const ROW_SEATS_MAX = 50
// A fan wants at most four seats. Four of the dearest cost less than the most that one charge may be, 1,000,000.
const GRADES = [
  { grade: 'VIP', price: 150_000, share: 0.1 },
  { grade: 'R', price: 110_000, share: 0.3 },
  { grade: 'S', price: 70_000, share: 0.6 },
] as const

/** Splits seats into grades, and each grade into full rows and one shorter one. */
export function planSections(seats: number): Section[] {
  const vip = Math.max(1, Math.round(seats * GRADES[0].share))
  const middle = Math.max(1, Math.round(seats * GRADES[1].share))
  const counts = [vip, middle, seats - vip - middle]
  return GRADES.flatMap(({ grade, price }, index) => {
    const count = counts[index] ?? 0
    const rest = count % ROW_SEATS_MAX
    const full = (count - rest) / ROW_SEATS_MAX
    const name = 'ABC'.charAt(index)
    return [
      ...(full > 0 ? [{ section: name, grade, price, rows: full, seatsPerRow: ROW_SEATS_MAX }] : []),
      ...(rest > 0
        ? [{ section: full > 0 ? `${name}2` : name, grade, price, rows: 1, seatsPerRow: rest }]
        : []),
    ]
  })
}

const DAY_MS = 86_400_000

/** Makes a venue, a concert and a schedule of its own that is on sale now, so that runs don't disturb each other. */
export async function openOnSale(
  api: ApiClient,
  admin: string,
  options: Pick<RushOptions, 'seats' | 'maxActive' | 'admitPerSecond'>,
  runId: string,
): Promise<OnSale> {
  const now = Date.now()
  const at = (ms: number): string => new Date(now + ms).toISOString()
  const ask = <T>(call: Pick<Call<T>, 'method' | 'path' | 'body' | 'schema'>): Promise<T> =>
    askAdmin(api, admin, call)

  const venue = { name: `Rush hall ${runId}` }
  const { venueId } = await ask({
    method: 'POST',
    path: '/admin/venues',
    body: venue,
    schema: z.object({ venueId: id }),
  })
  const concert = { title: `Rush ${runId}` }
  const { concertId } = await ask({
    method: 'POST',
    path: '/admin/concerts',
    body: concert,
    schema: z.object({ concertId: id }),
  })
  const schedule = {
    venueId,
    performanceAt: at(14 * DAY_MS),
    bookingOpenAt: at(-60_000),
    bookingCloseAt: at(13 * DAY_MS),
    sections: planSections(options.seats),
  }
  const { scheduleId } = await ask({
    method: 'POST',
    path: `/admin/concerts/${concertId}/schedules`,
    body: schedule,
    schema: z.object({ scheduleId: id }),
  })
  if (options.maxActive !== undefined || options.admitPerSecond !== undefined) {
    const { maxActive, admitPerSecond } = options
    await ask({
      method: 'PATCH',
      path: `/admin/queues/${scheduleId}`,
      body: {
        ...(maxActive === undefined ? {} : { maxActive }),
        ...(admitPerSecond === undefined ? {} : { admitPerSecond }),
      },
      schema: roomAnswer,
    })
  }
  return { concertId, scheduleId, seats: options.seats, dearest: GRADES[0].price }
}

/** How many may be in at once; undefined where the waiting room is off. */
export async function readMaxActive(
  api: ApiClient,
  admin: string,
  sale: OnSale,
): Promise<number | undefined> {
  const room = await askAdmin(api, admin, {
    method: 'GET',
    path: `/admin/queues/${sale.scheduleId}`,
    schema: roomAnswer,
  })
  return room.maxActive ?? undefined
}

/** One admin call that has to succeed. */
export async function askAdmin<T>(
  api: ApiClient,
  admin: string,
  call: Pick<Call<T>, 'method' | 'path' | 'body' | 'schema'>,
): Promise<T> {
  const answer = await api.call({ ...call, step: 'admin', bearer: admin })
  if (answer.kind === 'ok') return answer.data
  const { status, code, message, details } = answer.refusal
  const more = details === null || details === undefined ? '' : ` ${JSON.stringify(details)}`
  throw new SetupProblem(
    `${call.method} /api/v1${call.path} was refused: ${status} ${code}: ${message}${more}`,
  )
}
