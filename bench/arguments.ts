import { parseArgs } from 'node:util'
import { isParseArgsError } from '../scripts/argument-errors.ts'

/** What can be measured alone, by the name it has on the command line. */
export const rowNames = [
  'join',
  'place',
  'now-serving',
  'rebuild',
  'million-join',
  'million-place',
  'million-crowd',
] as const

/** Name of a row. */
export type RowName = (typeof rowNames)[number]

/** How a run is done. */
export interface BenchOptions {
  /** One short round and a smaller crowd: shows that the benchmark works, not how fast anything is. */
  readonly quick: boolean
  readonly rows: ReadonlySet<RowName>
  /** Where the queue service leaves a CPU profile of its life; undefined: nowhere. */
  readonly profileFolder: string | undefined
}

/** What the command line asks for. */
export type Command =
  { kind: 'run'; options: BenchOptions } | { kind: 'help' } | { kind: 'wrong'; problem: string }

/** Shown by --help. */
export const usage = `npm run bench -- [options]        what the waiting room costs, against the bare stack in the same run

  --quick              one short round, a smaller crowd: a check that it works
  --only ROW[,ROW]     ${rowNames.join(', ')}
  --profile FOLDER     CPU profiles of the queue services, written when they stop; slows them a little

Starts its own servers on free ports and stops them. Under five minutes. Ends with 1 only when something failed.`

/** Reads the command line. */
export function readArguments(argv: readonly string[]): Command {
  const flags = {
    quick: { type: 'boolean' },
    only: { type: 'string', multiple: true },
    profile: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    const { values } = parseArgs({ args: [...argv], options: flags, allowPositionals: false })
    if (values.help === true) return { kind: 'help' }
    const wanted = (values.only ?? []).flatMap((list) => list.split(',')).map((name) => name.trim())
    const unknown = wanted.find((name) => !rowNames.some((row) => row === name))
    if (unknown !== undefined) {
      return { kind: 'wrong', problem: `--only knows ${rowNames.join(', ')}, not '${unknown}'` }
    }
    const rows = rowNames.filter((row) => wanted.length === 0 || wanted.includes(row))
    return {
      kind: 'run',
      options: { quick: values.quick === true, rows: new Set(rows), profileFolder: values.profile },
    }
  } catch (error) {
    // parseArgs says in its message which argument it does not know.
    if (isParseArgsError(error)) return { kind: 'wrong', problem: error.message }
    throw error
  }
}
