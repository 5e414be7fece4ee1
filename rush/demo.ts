/**
 * Keeps a real line in front of the demo show of the system on this machine for a while, so that whoever opens the pages sees a waiting
 * room at work. It uses nothing but the API, and leaves the room's limits as they were.
 */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { explainUsage } from '../scripts/command-line.ts'
import { seedDemo } from '../scripts/seed-demo.ts'
import { runFolder } from '../scripts/up-checks.ts'
import { dataFolderOf } from '../scripts/up-settings.ts'
import { createSignIn } from './access.ts'
import type { SignIn } from './access.ts'
import { scheduleAnswer } from './answers.ts'
import { ApiClient, NoAnswer } from './api-client.ts'
import type { RushOptions } from './arguments.ts'
import { checkIsReady } from './check-ready.ts'
import { demoUsage, readDemoArguments } from './demo-arguments.ts'
import type { DemoOptions } from './demo-arguments.ts'
import { DemoCrowd, DemoGaveUp } from './demo-crowd.ts'
import { DemoRoom } from './demo-room.ts'
import type { RoomLimits } from './demo-room.ts'
import { createExchange } from './http-exchange.ts'
import type { HttpExchange } from './http-exchange.ts'
import { Measurements } from './measurements.ts'
import { askAdmin } from './on-sale.ts'
import type { OnSale } from './on-sale.ts'
import { Pauses, PausesEnded } from './pauses.ts'
import { showProgress } from './progress.ts'
import type { Rush } from './rush.ts'
import { SeatMaps } from './seat-maps.ts'

const REQUEST_TIMEOUT_MS = 15_000
const SOCKETS = 64
/** How long tokens are valid after the end: purchases settle, everybody leaves. */
const TOKEN_SPARE_SECONDS = 600
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 1_000
/** Those who are in the line leave within this; then the demo ends all the same. */
const LEAVE_MS = 20_000
const LOOK_EVERY_MS = 2_000
/** So many looks in a row without an answer mean that the system was stopped. */
const LOOKS_MAX = 5
/** The limits are tried to be given back for so long: a gateway that is started again is there by then. */
const GIVE_BACK_MS = 60_000

async function main(): Promise<number> {
  const command = readDemoArguments(process.argv.slice(2), process.env)
  if (command.kind !== 'run') return explainUsage('demo', command, demoUsage)
  const { options } = command
  const signIn = createSignIn(process.env, options.minutes * 60 + TOKEN_SPARE_SECONDS)
  const exchange = createExchange(options.url, SOCKETS, REQUEST_TIMEOUT_MS)
  try {
    await checkIsReady(exchange, options.url)
    return await runDemo(options, signIn, exchange)
  } finally {
    exchange.close()
  }
}

async function runDemo(options: DemoOptions, signIn: SignIn, exchange: HttpExchange): Promise<number> {
  const runId = `demo-${Date.now().toString(36)}`
  const measurements = new Measurements()
  const [shopping, settling] = [new Pauses(), new Pauses()]
  const api = new ApiClient({ exchange, measurements, shopping, settling, idPrefix: runId })
  const admin = await signIn('demo-admin', ['admin'])
  const sale = await findShow(options, api, admin)
  const rush: Rush = {
    api,
    options: crowdOptions(options, sale.seats),
    sale,
    seatMaps: new SeatMaps(sale),
    history: { fans: [], repeats: [] },
    measurements,
    shopping,
    settling,
  }
  const { url } = options
  const folder = runFolder(dataFolderOf(process.env))
  const room = new DemoRoom({ folder, url, scheduleId: sale.scheduleId, admin })
  const giving = new GivingBack(room, options, measurements)
  const end = new AbortController()
  end.signal.addEventListener('abort', () => shopping.end())
  const breakOff = (): void => {
    settling.end()
    exchange.close()
  }
  const stopListening = endOnSignal(end, () => {
    breakOff()
    giving.breakOff()
  })
  const closing = setTimeout(() => end.abort(), options.minutes * 60_000)
  try {
    const limits = limitsFor(options)
    const before = await room.take(api, limits)
    console.log(greeting(options, sale, before, limits))
    const crowd = new DemoCrowd(rush, signIn, runId, end)
    const isGiven = await keepLine({ crowd, measurements, exchange, end, breakOff }, () =>
      giving.giveBack(before),
    )
    const outcome = isGiven
      ? `The limits are as they were: ${written(before)}.`
      : 'Somebody has set other limits meanwhile, which stay.'
    console.log(`${outcome} ${measurements.count.soldSeats} seats were bought.`)
    return 0
  } finally {
    clearTimeout(closing)
    stopListening()
  }
}

interface Running {
  crowd: DemoCrowd
  measurements: Measurements
  exchange: HttpExchange
  end: AbortController
  /** Ends the requests under way too, and refuses further ones. */
  breakOff: () => void
}

/** Keeps the line until the end. The limits are put back at once, and then those who still wait leave. Throws DemoGaveUp. */
async function keepLine(running: Running, giveBack: () => Promise<boolean>): Promise<boolean> {
  const { crowd, end, breakOff } = running
  let isGiven = false
  const stopProgress = showProgress((elapsedMs) => demoLine(running, elapsedMs))
  const work = Promise.allSettled([crowd.keepLine(), watchSystem(running)])
  try {
    if (!end.signal.aborted) await once(end.signal, 'abort')
    isGiven = await giveBack()
  } catch (error) {
    if (!(error instanceof PausesEnded || error instanceof NoAnswer)) throw error
    throw new DemoGaveUp(
      'no answer any more, so the waiting room may still have the limits of the demo; the next demo puts back those of before',
    )
  } finally {
    const leaving = setTimeout(breakOff, LEAVE_MS)
    await work.finally(() => clearTimeout(leaving))
    stopProgress()
  }
  for (const outcome of await work) if (outcome.status === 'rejected') throw outcome.reason
  return isGiven
}

/** Gives the limits back over connections of its own, since those of the crowd are closed where the system did not answer. */
class GivingBack {
  readonly #room: DemoRoom
  readonly #exchange: HttpExchange
  readonly #measurements: Measurements
  readonly #pauses = new Pauses()

  constructor(room: DemoRoom, { url }: DemoOptions, measurements: Measurements) {
    this.#room = room
    this.#exchange = createExchange(url, 1, REQUEST_TIMEOUT_MS)
    this.#measurements = measurements
  }

  /** Tries for a minute; throws NoAnswer or PausesEnded then. */
  async giveBack(before: RoomLimits): Promise<boolean> {
    const late = setTimeout(() => this.breakOff(), GIVE_BACK_MS)
    const [exchange, measurements, pauses] = [this.#exchange, this.#measurements, this.#pauses]
    const parts = { exchange, measurements, shopping: pauses, settling: pauses }
    try {
      return await this.#room.giveBack(new ApiClient({ ...parts, idPrefix: 'demo-end' }), before)
    } finally {
      clearTimeout(late)
      exchange.close()
    }
  }

  /** Gives up. */
  breakOff(): void {
    this.#pauses.end()
    this.#exchange.close()
  }
}

/** Breaks the demo off where the system was stopped; each fan would go on trying for a minute and a half. */
async function watchSystem({ exchange, end, breakOff }: Running): Promise<void> {
  for (let unanswered = 0; !end.signal.aborted;) {
    const isAnswered = await exchange.send({ method: 'GET', path: '/health/live', headers: {} }).then(
      () => true,
      () => false,
    )
    unanswered = isAnswered ? 0 : unanswered + 1
    if (unanswered >= LOOKS_MAX) {
      console.log(
        '\nNo answer any more: the demo ends, and tries for a minute to put the limits back; Ctrl-C gives that up.',
      )
      breakOff()
      end.abort()
    } else await delay(LOOK_EVERY_MS, undefined, { signal: end.signal }).catch(() => undefined) // The end has come.
  }
}

/** The first Ctrl-C ends the demo, a later one breaks it off. Returns what stops listening. */
function endOnSignal(end: AbortController, breakOff: () => void): () => void {
  let endedAt: number | undefined
  const onSignal = (): void => {
    endedAt ??= performance.now()
    if (performance.now() - endedAt > SAME_SIGNAL_MS) breakOff()
    end.abort()
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}

/** The large show of the demo, which is made where it is missing. Throws a SetupProblem where nobody can buy there. */
async function findShow({ url }: DemoOptions, api: ApiClient, admin: string): Promise<OnSale> {
  const { concertId, largeScheduleId: scheduleId } = await seedDemo(`${url}/api/v1`, admin, new Date())
  const path = `/concerts/${concertId}/schedules/${scheduleId}`
  const show = await askAdmin(api, admin, { method: 'GET', path, schema: scheduleAnswer })
  const problem =
    show.status !== 'ON_SALE'
      ? `is ${show.status}`
      : show.availableSeats === 0
        ? 'has no free seat left'
        : null
  if (problem !== null) throw new SetupProblem(`schedule ${scheduleId}, the show of the demo, ${problem}`)
  const dearest = Math.max(...show.grades.map(({ price }) => price))
  return { concertId, scheduleId, seats: show.seatCount, dearest }
}

/** So many are let in a second that the line is as long as was asked for, and there is room for those who are choosing. */
function limitsFor({ fans, waitSeconds }: DemoOptions): RoomLimits {
  return { maxActive: Math.max(300, fans), admitPerSecond: Math.max(1, Math.round(fans / waitSeconds)) }
}

/** A crowd of people who buy or give back and do nothing strange, so that the line moves evenly. */
function crowdOptions({ fans, minutes, url }: DemoOptions, seats: number): RushOptions {
  return {
    fans,
    seats,
    url,
    arriveSeconds: 0,
    maxSeconds: minutes * 60,
    maxActive: undefined,
    admitPerSecond: undefined,
    patienceSeconds: 0,
    thinkSeconds: 2,
    sockets: SOCKETS,
    seed: randomInt(4_294_967_295),
    cancelShow: false,
    faults: false,
    mailbox: undefined,
    shares: {
      broke: 0,
      card: 0.3,
      declined: 0,
      flaky: 0,
      walkAway: 0,
      cancel: 0,
      repeat: 0,
      leave: 0,
      bestAvailable: 0.5,
      watch: 0.2,
      bots: 0,
    },
  }
}

function greeting(
  { fans, waitSeconds, minutes, url }: DemoOptions,
  { concertId, scheduleId }: OnSale,
  before: RoomLimits,
  limits: RoomLimits,
): string {
  const pages = url.replace('//127.0.0.1', '//localhost')
  return `${fans} people wait in line for the demo show, for ${minutes} min; Ctrl-C ends it earlier.
The waiting room has ${written(limits)} until then; it had ${written(before)}.

  Open  ${pages}/concerts/${concertId}/schedules/${scheduleId}/line

Sign in as anybody and get in line: some ${waitSeconds} s behind the others, then it is your turn, and seats change while you choose.
`
}

function written({ maxActive, admitPerSecond }: RoomLimits): string {
  return `maxActive ${maxActive ?? 'off'}, admitPerSecond ${admitPerSecond ?? 'off'}`
}

function demoLine({ crowd, measurements: { count, now } }: Running, elapsedMs: number): string {
  return [
    `${(elapsedMs / 1_000).toFixed(0).padStart(4)} s`,
    `in line ${crowd.inLine}`,
    `choosing ${now.active}`,
    `seats held ${now.held}`,
    `bought ${count.soldSeats}`,
  ].join('  ')
}

try {
  process.exitCode = await main()
} catch (error) {
  const isTold = error instanceof SetupProblem || error instanceof DemoGaveUp
  if (!isTold && !(error instanceof NoAnswer || error instanceof PausesEnded)) throw error
  console.error(isTold ? error.message : `the system does not answer (${error.message || 'broken off'})`)
  process.exitCode = 1
}
