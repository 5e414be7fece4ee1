/**
 * Sends a running copy three times what it can do, and prints what became of it: npm run bench:overload, beside npm start. The people who
 * poll, join and pay come at their own pace, whatever the answers are, as a crowd does.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { gatewayUrl } from '../scripts/gateway-url.ts'
import { createSignIn } from '../rush/access.ts'
import type { SignIn } from '../rush/access.ts'
import { PacedLoad } from './paced-load.ts'
import type { Outcomes } from './paced-load.ts'

const GATEWAY = gatewayUrl(process.env)
const PEAK_MS = 5_000
const PEAK_CONNECTIONS = 64
const OVERLOAD_MS = 10_000
const TIMES_CAPACITY = 3
const POLLS_PER_JOIN = 4
const PAYMENTS_PER_SECOND = 10
const POLLERS = 800
const RECOVERY_MS = 5_000
const AFTERWARDS_MS = 3_000
const KEY_LIFE_SECONDS = 1_800

const created = z.object({ data: z.record(z.string(), z.unknown()) })
const place = z.object({ data: z.object({ token: z.string() }) })

/** What is sent, ready to be written to a socket. */
class Requests {
  readonly #signIn: SignIn
  readonly #host = new URL(GATEWAY).host
  readonly #joins: Buffer[] = []
  #users = 0
  #polls: Buffer[] = []
  #nextPoll = 0

  constructor(signIn: SignIn) {
    this.#signIn = signIn
  }

  async pollers(scheduleId: number): Promise<void> {
    for (let count = 0; count < POLLERS; count += 1) {
      const bearer = await this.#signIn(this.#nextUser())
      const { data } = place.parse(await call('POST', '/queue/tokens', bearer, { scheduleId }))
      this.#polls.push(this.#request('GET', '/queue/tokens/me', `Queue-Token: ${data.token}\r\n`))
    }
  }

  async signJoins(scheduleId: number, count: number): Promise<void> {
    for (let made = 0; made < count; made += 1) {
      const bearer = await this.#signIn(this.#nextUser())
      const head = `Authorization: Bearer ${bearer}\r\nContent-Type: application/json\r\n`
      this.#joins.push(this.#request('POST', '/queue/tokens', head, { scheduleId }))
    }
  }

  async payments(count: number): Promise<Buffer[]> {
    const made: Buffer[] = []
    for (let number = 0; number < count; number += 1) {
      const user = this.#nextUser()
      const head = `Authorization: Bearer ${await this.#signIn(user)}\r\nContent-Type: application/json\r\nIdempotency-Key: ${randomUUID()}\r\n`
      made.push(this.#request('POST', `/users/${user}/balance/charge`, head, { amount: 1_000 }))
    }
    return made
  }

  readonly poll = (): Buffer | undefined => {
    this.#nextPoll = (this.#nextPoll + 1) % this.#polls.length
    return this.#polls[this.#nextPoll]
  }

  readonly join = (): Buffer | undefined => this.#joins.pop()

  get joinsLeft(): number {
    return this.#joins.length
  }

  #nextUser(): string {
    this.#users += 1
    return `overload-${RUN}-${this.#users}`
  }

  #request(method: string, path: string, head: string, body?: object): Buffer {
    const text = body === undefined ? '' : JSON.stringify(body)
    const lengths = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(text)}\r\n`
    return Buffer.from(
      `${method} /api/v1${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${head}${lengths}\r\n${text}`,
    )
  }
}

const RUN = Date.now().toString(36)

async function call(method: string, path: string, bearer: string, body: object): Promise<unknown> {
  const response = await fetch(`${GATEWAY}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`)
  return JSON.parse(text)
}

/** A schedule on sale whose room lets nobody in, so that all who join wait and poll. */
async function openPausedRoom(admin: string): Promise<number> {
  const make = async (path: string, body: object, id: string): Promise<number> =>
    Number(created.parse(await call('POST', path, admin, body)).data[id])
  const day = 86_400_000
  const at = (days: number): string => new Date(Date.now() + days * day).toISOString()
  const venueId = await make('/admin/venues', { name: 'Overload', address: 'Here' }, 'venueId')
  const concertId = await make('/admin/concerts', { title: `Overload ${RUN}` }, 'concertId')
  const sections = [{ section: 'A', grade: 'R', price: 1_000, rows: 1, seatsPerRow: 10 }]
  const times = { performanceAt: at(14), bookingOpenAt: at(-1), bookingCloseAt: at(13) }
  const schedule = { venueId, ...times, sections }
  const scheduleId = await make(`/admin/concerts/${concertId}/schedules`, schedule, 'scheduleId')
  await call('PATCH', `/admin/queues/${scheduleId}`, admin, { paused: true })
  return scheduleId
}

function say(line: string): void {
  console.log(line)
}

function report(name: string, { sent, statuses, servedMs, unanswered }: Outcomes, forMs: number): void {
  const served = servedMs.length
  const at = (share: number): string => `${(servedMs[Math.floor((served - 1) * share)] ?? 0).toFixed(0)} ms`
  const others = Object.entries(statuses).filter(([status]) => !status.startsWith('2'))
  const refusals = others.map(([status, count]) => `${count} × ${status}`).join(', ') || 'none'
  const rate = (served / (forMs / 1_000)).toFixed(0)
  say(
    `${name.padEnd(24)} sent ${sent}, served ${served} (${rate}/s), p50 ${at(0.5)}, p99 ${at(0.99)}; refused: ${refusals}; no answer in 10 s: ${unanswered}`,
  )
}

async function main(): Promise<void> {
  const signIn = createSignIn(process.env, KEY_LIFE_SECONDS)
  const requests = new Requests(signIn)
  const scheduleId = await openPausedRoom(await signIn(`overload-admin-${RUN}`, ['admin']))
  await requests.pollers(scheduleId)
  await requests.signJoins(scheduleId, 6_000)
  const port = Number(new URL(GATEWAY).port)
  let turn = 0
  const mixed = (): Buffer | undefined => {
    turn += 1
    return turn % (POLLS_PER_JOIN + 1) === 0 ? (requests.join() ?? requests.poll()) : requests.poll()
  }
  await new PacedLoad(port, mixed).asFastAsAnswered(PEAK_CONNECTIONS, 2_000)
  const peak = await new PacedLoad(port, mixed).asFastAsAnswered(PEAK_CONNECTIONS, PEAK_MS)
  report('at capacity', peak, PEAK_MS)
  const capacity = peak.servedMs.length / (PEAK_MS / 1_000)
  const offered = capacity * TIMES_CAPACITY
  const joinRate = offered / (POLLS_PER_JOIN + 1)
  await requests.signJoins(
    scheduleId,
    Math.max(0, Math.ceil((joinRate * OVERLOAD_MS) / 1_000) - requests.joinsLeft),
  )
  const payments = await requests.payments((PAYMENTS_PER_SECOND * OVERLOAD_MS) / 1_000)
  await delay(RECOVERY_MS)
  say(
    `${TIMES_CAPACITY} times that, ${offered.toFixed(0)} requests a second for ${OVERLOAD_MS / 1_000} s, with ${PAYMENTS_PER_SECOND} charges a second:`,
  )
  const [polls, joins, charges] = await Promise.all([
    new PacedLoad(port, requests.poll).atRate(offered - joinRate, OVERLOAD_MS),
    new PacedLoad(port, requests.join).atRate(joinRate, OVERLOAD_MS),
    new PacedLoad(port, () => payments.pop()).atRate(PAYMENTS_PER_SECOND, OVERLOAD_MS),
  ])
  report('  polls', polls, OVERLOAD_MS)
  report('  joins', joins, OVERLOAD_MS)
  report('  charges', charges, OVERLOAD_MS)
  const goodput = (polls.servedMs.length + joins.servedMs.length) / (OVERLOAD_MS / 1_000)
  say(`  served: ${((goodput / capacity) * 100).toFixed(0)} % of capacity`)
  await delay(RECOVERY_MS)
  const afterwards = await new PacedLoad(port, requests.poll).atRate(capacity / 10, AFTERWARDS_MS)
  report(`${RECOVERY_MS / 1_000} s later, polls`, afterwards, AFTERWARDS_MS)
}

await main()
