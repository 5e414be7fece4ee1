import { parseArgs } from 'node:util'
import { isParseArgsError, WrongArgument } from '../scripts/argument-errors.ts'

/** What to check, and against what. */
export interface FairnessOptions {
  readonly scheduleId: number
  /** Without a slash at the end. */
  readonly url: string
  /** As it was noted before the opening. */
  readonly commitment: string | undefined
  /** The head of the log as it was noted at some time. */
  readonly head: NotedHead | undefined
  readonly entry: OwnEntry | undefined
}

/** The hash of an admission, or at number 0 the genesis hash. */
export interface NotedHead {
  readonly number: number
  readonly hash: string
}

/** What somebody who came before the opening knows of the own place. */
export interface OwnEntry {
  readonly entry: number
  /** The place told after the opening. */
  readonly sequence: number | undefined
}

/** What the command line asks for. */
export type Command =
  { kind: 'check'; options: FairnessOptions } | { kind: 'help' } | { kind: 'wrong'; problem: string }

const text = { type: 'string' } as const

const flags = {
  schedule: text,
  url: text,
  commitment: text,
  head: text,
  entry: text,
  help: { type: 'boolean', short: 'h' },
} as const

/** Reads the command line. */
export function readArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Command {
  try {
    const { values } = parseArgs({ args: [...argv], options: flags, allowPositionals: false })
    if (values.help === true) return { kind: 'help' }
    const { schedule, commitment, head, entry } = values
    if (schedule === undefined) throw new WrongArgument('--schedule is missing: the number of a schedule')
    const options = {
      scheduleId: readInteger('schedule', schedule),
      url: readUrl(values.url ?? `http://localhost:${env['PORT'] ?? '8080'}`),
      commitment: commitment === undefined ? undefined : readHash('commitment', commitment),
      head: head === undefined ? undefined : readHead(head),
      entry: entry === undefined ? undefined : readEntry(entry),
    }
    return { kind: 'check', options }
  } catch (error) {
    if (error instanceof WrongArgument) return { kind: 'wrong', problem: error.message }
    // parseArgs says in its first sentence which argument it does not know, or needs a value.
    if (isParseArgsError(error)) return { kind: 'wrong', problem: firstSentence(error.message) }
    throw error
  }
}

function firstSentence(message: string): string {
  const [first = message] = message.split(/\.\s|\n/)
  return first
}

function readInteger(name: string, value: string): number {
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN
  if (number >= 1 && Number.isSafeInteger(number)) return number
  throw new WrongArgument(`--${name} must be a whole number from 1 on, not '${value}'`)
}

function readHash(name: string, value: string): string {
  if (/^[0-9a-f]{64}$/i.test(value)) return value.toLowerCase()
  throw new WrongArgument(`--${name} must be 64 hex digits, not '${value}'`)
}

function readHead(value: string): NotedHead {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(value)
  const [, number, hash] = match ?? []
  if (number !== undefined && hash !== undefined) return { number: Number(number), hash: hash.toLowerCase() }
  throw new WrongArgument(`--head must be NUMBER:HASH, the hash 64 hex digits, not '${value}'`)
}

function readEntry(value: string): OwnEntry {
  const match = /^([1-9]\d{0,14})(?::([1-9]\d{0,14}))?$/.exec(value)
  if (match === null) {
    throw new WrongArgument(
      `--entry must be ENTRY or ENTRY:SEQUENCE, whole numbers from 1 on, not '${value}'`,
    )
  }
  return { entry: Number(match[1]), sequence: match[2] === undefined ? undefined : Number(match[2]) }
}

function readUrl(value: string): string {
  const url = URL.parse(value)
  if (url === null) throw new WrongArgument(`--url must be an address, not '${value}'`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new WrongArgument(`--url must start with http:// or https://, not '${value}'`)
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new WrongArgument(`--url must have no path, not '${value}'`)
  }
  if (url.username !== '' || url.password !== '') throw new WrongArgument('--url must name no user')
  return url.origin
}

/** Shown by --help. */
export const usage = `npm run verify-fairness -- --schedule N [options]     replays one waiting room (docs/fairness.md)

  --url http://localhost:8080   the system to check     (PORT changes the default)
  --commitment HEX              the commitment as you noted it before the opening
  --head NUMBER:HASH            a head of the log as you noted it earlier; this command prints one
  --entry ENTRY[:SEQUENCE]      your join before the opening had the sequence ENTRY: shows what the draw made of it, and
                                compares it with the SEQUENCE that you were told after the opening

Ends with 0 when all that can be checked holds, with 1 when something does not, with 2 when it could not be checked.`
