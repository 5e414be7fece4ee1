import { parseArgs } from 'node:util'
import { isParseArgsError, WrongArgument } from '../scripts/argument-errors.ts'

/** Everything that shapes a run. Shares are 0 to 1 of the fans, where not said otherwise. */
export interface RushOptions {
  readonly fans: number
  readonly seats: number
  /** Of the gateway, without a slash at the end. Loopback only: this is a load generator. */
  readonly url: string
  readonly arriveSeconds: number
  readonly maxSeconds: number
  readonly seed: number
  readonly maxActive: number | undefined
  readonly admitPerSecond: number | undefined
  readonly sockets: number
  /** How long a fan keeps looking for seats that others may give back. */
  readonly patienceSeconds: number
  /** Mean pause of a fan between two steps. */
  readonly thinkSeconds: number
  readonly shares: Shares
}

/** How many of the fans do what. */
export interface Shares {
  /** Too little money at first. */
  readonly broke: number
  readonly card: number
  /** Of those who pay by card. */
  readonly declined: number
  readonly walkAway: number
  /** Cancel after paying. */
  readonly cancel: number
  /** Send a charge or a payment again with the same key. */
  readonly repeat: number
  readonly leave: number
  readonly bestAvailable: number
  /** Watch now-serving instead of polling their own place. */
  readonly watch: number
}

/** What the command line asks for. */
export type Command =
  { kind: 'run'; options: RushOptions } | { kind: 'help' } | { kind: 'wrong'; problem: string }

const text = { type: 'string' } as const

const flags = {
  fans: text,
  seats: text,
  url: text,
  'arrive-seconds': text,
  'max-seconds': text,
  seed: text,
  'max-active': text,
  'admit-per-second': text,
  sockets: text,
  'patience-seconds': text,
  'think-seconds': text,
  broke: text,
  card: text,
  declined: text,
  'walk-away': text,
  cancel: text,
  repeat: text,
  leave: text,
  'best-available': text,
  watch: text,
  help: { type: 'boolean', short: 'h' },
} as const

type Flags = { readonly [name in Exclude<keyof typeof flags, 'help'>]?: string | undefined }

/** Reads the command line; `seed` is the one to use where none is asked for. */
export function readArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  seed: number,
): Command {
  try {
    const { values } = parseArgs({ args: [...argv], options: flags, allowPositionals: false })
    if (values.help === true) return { kind: 'help' }
    return { kind: 'run', options: toOptions(values, env, seed) }
  } catch (error) {
    if (error instanceof WrongArgument) return { kind: 'wrong', problem: error.message }
    // parseArgs says in its message which argument it does not know.
    if (isParseArgsError(error)) return { kind: 'wrong', problem: error.message }
    throw error
  }
}

function toOptions(
  values: Flags,
  env: Readonly<Record<string, string | undefined>>,
  seed: number,
): RushOptions {
  const integer = (name: keyof Flags, fallback: number, low: number, high: number): number =>
    readNumber(name, values[name], { fallback, low, high, whole: true })
  const seconds = (name: keyof Flags, fallback: number, low: number, high: number): number =>
    readNumber(name, values[name], { fallback, low, high, whole: false })
  const optional = (name: keyof Flags, low: number, high: number): number | undefined =>
    values[name] === undefined ? undefined : integer(name, low, low, high)
  const share = (name: keyof Flags, fallback: number): number => readShare(name, values[name], fallback)
  return {
    fans: integer('fans', 2_000, 1, 1_000_000),
    // What a schedule may have by default.
    seats: integer('seats', 500, 10, 10_000),
    url: readUrl(values.url ?? `http://localhost:${env['PORT'] ?? '8080'}`),
    arriveSeconds: seconds('arrive-seconds', 10, 0, 3_600),
    maxSeconds: seconds('max-seconds', 120, 1, 86_400),
    seed: integer('seed', seed, 0, 4_294_967_295),
    maxActive: optional('max-active', 1, 1_000_000),
    admitPerSecond: optional('admit-per-second', 1, 100_000),
    sockets: integer('sockets', 256, 1, 4_096),
    patienceSeconds: seconds('patience-seconds', 60, 0, 86_400),
    thinkSeconds: seconds('think-seconds', 0.5, 0, 600),
    shares: {
      broke: share('broke', 0.05),
      card: share('card', 0.2),
      declined: share('declined', 0.2),
      walkAway: share('walk-away', 0.05),
      cancel: share('cancel', 0.05),
      repeat: share('repeat', 0.1),
      leave: share('leave', 0.03),
      bestAvailable: share('best-available', 0.1),
      watch: share('watch', 0.2),
    },
  }
}

function readNumber(
  name: string,
  value: string | undefined,
  rule: { fallback: number; low: number; high: number; whole: boolean },
): number {
  if (value === undefined) return rule.fallback
  const number = value.trim() === '' ? Number.NaN : Number(value)
  const fits = number >= rule.low && number <= rule.high && (!rule.whole || Number.isInteger(number))
  if (!fits) {
    const kind = rule.whole ? 'a whole number' : 'a number'
    throw new WrongArgument(`--${name} must be ${kind} of ${rule.low} to ${rule.high}, not '${value}'`)
  }
  return number
}

function readShare(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback
  const match = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(value.trim())
  const share = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1)
  if (!(share >= 0 && share <= 1)) {
    throw new WrongArgument(`--${name} must be a share such as 5% or 0.05, not '${value}'`)
  }
  return share
}

function readUrl(value: string): string {
  const url = URL.parse(value)
  if (url === null) throw new WrongArgument(`--url is not an address: '${value}'`)
  if (url.protocol !== 'http:') throw new WrongArgument('--url must start with http://')
  if (!isLoopback(url.hostname)) {
    throw new WrongArgument(`rush only runs against this machine (localhost), not against ${url.hostname}`)
  }
  if (url.pathname !== '/' || url.search !== '') throw new WrongArgument('--url must have no path')
  // The gateway listens on IPv4; asking DNS for each of the connections would only add a try on ::1 before it.
  if (url.hostname === 'localhost') url.hostname = '127.0.0.1'
  return url.origin
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

/** Shown by --help. */
export const usage = `npm run rush -- [options]        an on-sale against what is running on this machine

  --fans 2000               people who want seats
  --seats 500               seats of the schedule it makes
  --url http://localhost:8080   the gateway (PORT changes the default)
  --arrive-seconds 10       all have arrived by then, most of them at the start
  --max-seconds 120         those still trying then are sent home
  --max-active N            people let in at once          (else as the waiting room has it)
  --admit-per-second N      people let in a second         (else as the waiting room has it)
  --patience-seconds 60     how long a fan looks for seats that others may give back
  --think-seconds 0.5       mean pause of a fan between two steps
  --sockets 256             connections to the gateway
  --seed N                  repeats a crowd; printed at the start

Shares of the fans, as 5% or 0.05:
  --broke 5%                too little money at first
  --card 20%                pay by card                    --declined 20%   of these, with a card that is declined
  --walk-away 5%            hold seats and go              --cancel 5%      cancel after paying
  --repeat 10%              send the same request again    --leave 3%       leave the line
  --best-available 10%      let the system choose seats    --watch 20%      watch now-serving rather than poll

Ends with 0 when every invariant holds and no unexpected answer came, with 1 otherwise.`
