/**
 * Sends a running copy three times what it can do, and prints what became of it: npm run bench:overload, beside npm start. The people who
 * poll, join and pay come at their own pace, whatever the answers are, as a crowd does. They have a core of their own, and the copy has the
 * others: a crowd that takes the cores from what it asks says nothing of what that does with its own.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { gatewayUrl } from '../scripts/gateway-url.ts'
import { createSignIn } from '../rush/access.ts'
import type { SignIn } from '../rush/access.ts'
import { dataFolderOf } from '../scripts/up-settings.ts'
import { countServed, describeLoad, judgeOverload } from './overload-report.ts'
import { takeOwnCore } from './own-cores.ts'
import { PacedLoad } from './paced-load.ts'

const GATEWAY = gatewayUrl(process.env)
const WARM_UP_MS = 2_000
const PEAK_MS = 5_000
const PEAK_CONNECTIONS = 64
const OVERLOAD_MS = 10_000
const TIMES_CAPACITY = 3
const POLLS_PER_JOIN = 4
const PAYMENTS_PER_SECOND = 10
const POLLERS = 800
const JOINING_AT_ONCE = 20
const JOINS_AT_CAPACITY = 6_000
/** What goes on coming when the crowd has gone: a tenth of capacity, for twice the time in which all is to be normal. */
const AFTERWARDS_SHARE = 10
const AFTERWARDS_MS = 10_000
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
    const joinOne = async (): Promise<void> => {
      const bearer = await this.#signIn(this.#nextUser())
      const { data } = place.parse(await call('POST', '/queue/tokens', bearer, { scheduleId }))
      this.#polls.push(this.#request('GET', '/queue/tokens/me', `Queue-Token: ${data.token}\r\n`))
    }
    while (this.#polls.length < POLLERS) await Promise.all(Array.from({ length: JOINING_AT_ONCE }, joinOne))
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

async function main(): Promise<void> {
  const giveBack = await takeOwnCore(dataFolderOf(process.env))
  say(
    giveBack === undefined
      ? 'one core, which the load takes its part of: this says little of the copy'
      : 'the load has the last core, the copy all others',
  )
  try {
    await overload()
  } finally {
    await giveBack?.()
  }
}

async function overload(): Promise<void> {
  const signIn = createSignIn(process.env, KEY_LIFE_SECONDS)
  const requests = new Requests(signIn)
  const scheduleId = await openPausedRoom(await signIn(`overload-admin-${RUN}`, ['admin']))
  await requests.pollers(scheduleId)
  await requests.signJoins(scheduleId, JOINS_AT_CAPACITY)
  const port = Number(new URL(GATEWAY).port)
  let turn = 0
  const mixed = (): Buffer | undefined => {
    turn += 1
    return turn % (POLLS_PER_JOIN + 1) === 0 ? (requests.join() ?? requests.poll()) : requests.poll()
  }
  await new PacedLoad(port, mixed).asFastAsAnswered(PEAK_CONNECTIONS, WARM_UP_MS)
  const peak = await new PacedLoad(port, mixed).asFastAsAnswered(PEAK_CONNECTIONS, PEAK_MS)
  say(describeLoad('at capacity', peak, PEAK_MS))
  const capacity = countServed(peak) / (PEAK_MS / 1_000)
  const offered = capacity * TIMES_CAPACITY
  const joinRate = offered / (POLLS_PER_JOIN + 1)
  const joinsWanted = Math.ceil((joinRate * OVERLOAD_MS) / 1_000)
  await requests.signJoins(scheduleId, Math.max(0, joinsWanted - requests.joinsLeft))
  const payments = await requests.payments((PAYMENTS_PER_SECOND * OVERLOAD_MS) / 1_000)
  say(
    `${TIMES_CAPACITY} times that, ${offered.toFixed(0)} requests a second for ${OVERLOAD_MS / 1_000} s, with ${PAYMENTS_PER_SECOND} charges a second:`,
  )
  const [polls, joins, charges, afterwards] = await Promise.all([
    new PacedLoad(port, requests.poll).atRate(offered - joinRate, OVERLOAD_MS),
    new PacedLoad(port, requests.join).atRate(joinRate, OVERLOAD_MS),
    new PacedLoad(port, () => payments.pop()).atRate(PAYMENTS_PER_SECOND, OVERLOAD_MS),
    delay(OVERLOAD_MS).then(() =>
      new PacedLoad(port, requests.poll).atRate(capacity / AFTERWARDS_SHARE, AFTERWARDS_MS),
    ),
  ])
  say(describeLoad('  polls', polls, OVERLOAD_MS))
  say(describeLoad('  joins', joins, OVERLOAD_MS))
  say(describeLoad('  charges', charges, OVERLOAD_MS))
  say(describeLoad('  afterwards, polls', afterwards, AFTERWARDS_MS))
  const judged = judgeOverload({ capacity, forMs: OVERLOAD_MS, polls, joins, charges, afterwards })
  for (const { line } of judged) say(line)
  if (!judged.every(({ isMet }) => isMet)) process.exitCode = 1
}

await main()
