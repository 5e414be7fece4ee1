/**
 * Puts a demo concert on sale through the admin API: one schedule of 50 seats, one of 1,000. It makes only what is missing,
 * so it can run at every start. By hand: API_URL=http://localhost:8080/api/v1 JWT_SECRET=… node scripts/seed-demo.ts
 */
import { id } from '@frontrow/values/ids'
import { namelessRoles } from '@frontrow/values/roles'
import { z } from 'zod'
import { readSigner, signToken } from './development-tokens.ts'

const TITLE = 'First Light'
const VENUE = { name: 'Olympic Hall', city: 'Seoul', timeZone: 'Asia/Seoul' }
/** Seoul's clocks are never changed. */
const VENUE_OFFSET = '+09:00'
const DAY_MS = 86_400_000
/** Within the month that a list of schedules covers by default, with room for a copy that runs for two weeks. */
const FIRST_DAY_AHEAD = 14
const TIMEOUT_MS = 60_000

interface Section {
  section: string
  grade: string
  price: number
  rows: number
  seatsPerRow: number
}

interface DemoSchedule {
  /** Time of day of the performance at the venue, HH:mm:ss. A later run recognizes the schedule by it. */
  time: string
  daysAhead: number
  sections: Section[]
}

const SMALL: DemoSchedule = {
  time: '19:30:00',
  daysAhead: FIRST_DAY_AHEAD,
  sections: [{ section: 'A', grade: 'R', price: 110_000, rows: 1, seatsPerRow: 50 }],
}

const LARGE: DemoSchedule = {
  time: '20:00:00',
  daysAhead: FIRST_DAY_AHEAD + 1,
  sections: [
    { section: 'Floor', grade: 'VIP', price: 165_000, rows: 10, seatsPerRow: 20 },
    { section: 'Circle', grade: 'R', price: 132_000, rows: 15, seatsPerRow: 20 },
    { section: 'Balcony', grade: 'S', price: 99_000, rows: 20, seatsPerRow: 25 },
  ],
}

const concerts = z.object({ items: z.array(z.object({ concertId: id, title: z.string() })) })
const concert = z.object({ concertId: id })
const venue = z.object({ venueId: id })
const listedSchedules = z.array(
  z.object({
    scheduleId: id,
    venueId: id,
    performanceTime: z.string(),
    timeZone: z.string(),
  }),
)
const schedule = z.object({ scheduleId: id })
const envelope = z.object({ data: z.unknown() })

/** What is on sale for trying out. */
interface Demo {
  concertId: number
  smallScheduleId: number
  largeScheduleId: number
}

/** Makes what is missing of the demo and returns its ids. */
export async function seedDemo(api: string, adminToken: string, now: Date): Promise<Demo> {
  const call = caller(api, adminToken)
  const known = await call('GET', `/concerts?query=${encodeURIComponent(TITLE)}&limit=100`, concerts)
  // The list is newest first; the first one made is the demo.
  const concertId =
    known.items.findLast(({ title }) => title === TITLE)?.concertId ??
    (await call('POST', '/admin/concerts', concert, concertBody)).concertId
  const listUpcoming = () => call('GET', `/concerts/${concertId}/schedules`, listedSchedules)
  let upcoming = await listUpcoming()
  const demoVenue = upcoming[0]?.venueId ?? (await call('POST', '/admin/venues', venue, VENUE)).venueId
  // A demo that was made before venues had time zones has UTC.
  if (upcoming[0]?.timeZone === 'UTC') {
    await call('PATCH', `/admin/venues/${demoVenue}`, venue, { timeZone: VENUE.timeZone })
    upcoming = await listUpcoming()
  }
  const ensureSchedule = async (wanted: DemoSchedule): Promise<number> => {
    const found = upcoming.find(({ performanceTime }) => performanceTime === wanted.time)
    if (found !== undefined) return found.scheduleId
    const body = scheduleBody(wanted, demoVenue, now)
    return (await call('POST', `/admin/concerts/${concertId}/schedules`, schedule, body)).scheduleId
  }
  const smallScheduleId = await ensureSchedule(SMALL)
  const largeScheduleId = await ensureSchedule(LARGE)
  return { concertId, smallScheduleId, largeScheduleId }
}

const concertBody = {
  title: TITLE,
  artist: 'The Frontrow Band',
  description: 'A concert to try things out on.',
}

function scheduleBody(wanted: DemoSchedule, venueId: number, now: Date): object {
  const day = new Date(now.getTime() + wanted.daysAhead * DAY_MS).toISOString().slice(0, 10)
  const performanceAt = `${day}T${wanted.time}${VENUE_OFFSET}`
  return {
    venueId,
    performanceAt,
    bookingOpenAt: new Date(now.getTime() - 60_000).toISOString(),
    bookingCloseAt: performanceAt,
    sections: wanted.sections,
  }
}

type Call = <S extends z.ZodType>(
  method: string,
  path: string,
  schema: S,
  body?: object,
) => Promise<z.output<S>>

function caller(api: string, token: string): Call {
  return async (method, path, schema, body) => {
    const response = await fetch(api + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`)
    return schema.parse(envelope.parse(JSON.parse(text)).data)
  }
}

async function main(apiUrl: string, jwksUrl: string): Promise<string> {
  if (jwksUrl !== '') {
    return `No demo concert was made: only tokens of ${jwksUrl} are accepted. POST /api/v1/admin/concerts with one that has the role admin.`
  }
  const signer = readSigner(process.env)
  if (namelessRoles(signer.roles, ['admin']).length > 0) {
    return 'No demo concert was made: ROLE_MAPPING has no name for the role admin, who would put it on sale.'
  }
  const adminToken = await signToken(signer, 'demo-seed', { roles: ['admin'] })
  return JSON.stringify(await seedDemo(apiUrl, adminToken, new Date()))
}

if (import.meta.main) {
  const { API_URL, JWKS_URL } = z
    .object({ API_URL: z.url(), JWKS_URL: z.string().default('') })
    .parse(process.env)
  process.stdout.write(`${await main(API_URL, JWKS_URL)}\n`)
}
