import { z } from 'zod'
import { breaks, option, optionLines, readCommandLine } from '../scripts/command-line.ts'
import type { NothingToDo } from '../scripts/command-line.ts'
import { purchaseRowNames } from './purchase/purchase-rows.ts'
import { seatRowNames } from './purchase/seat-rows.ts'

/** What can be measured alone, by the name it has on the command line. */
export const rowNames = [
  'join',
  'place',
  'now-serving',
  'rebuild',
  'million-join',
  'million-place',
  'million-crowd',
  ...purchaseRowNames,
  ...seatRowNames,
  'growth',
] as const

/** Name of a row. */
export type RowName = (typeof rowNames)[number]

/** A run that is not done by then gives up. */
export const RUN_MS_MAX = 1_500_000

/** How a run is done. */
export interface BenchOptions {
  /** One short round and a smaller crowd: shows that the benchmark works, not how fast anything is. */
  readonly quick: boolean
  readonly rows: ReadonlySet<RowName>
  /** A limit that is missed makes the run end with 1. */
  readonly check: boolean
  /** The results are written into docs/benchmarks.md, with plots. */
  readonly docs: boolean
  /** Where the services write their CPU profiles when they stop; undefined: no profiles. */
  readonly profileFolder: string | undefined
}

const rowList = z
  .array(z.string())
  .transform((lists) => lists.flatMap((list) => list.split(',')).map((name) => name.trim()))
  .pipe(z.array(z.enum(rowNames, breaks(`knows ${rowNames.join(', ')}`))))

const benchOptions = z.object({
  quick: option(z.boolean().default(false), '', 'one short round, a smaller crowd: a check that it works'),
  only: option(rowList.default([...rowNames]), 'ROW[,ROW]', rowNames.join(', '), true),
  check: option(z.boolean().default(false), '', 'end with 1 where a limit is missed'),
  docs: option(z.boolean().default(false), '', 'write the results into docs/benchmarks.md, with plots'),
  profile: option(z.string().optional(), 'FOLDER', 'where the services leave CPU profiles; slows them'),
})

/** Reads the command line. */
export function readArguments(argv: readonly string[]): { kind: 'run'; options: BenchOptions } | NothingToDo {
  const line = readCommandLine(argv, benchOptions)
  if (line.kind !== 'values') return line
  const { quick, only, check, docs, profile } = line.values
  return { kind: 'run', options: { quick, rows: new Set(only), check, docs, profileFolder: profile } }
}

/** Shown by --help. */
export const usage = `npm run bench -- [options]        what requests and purchases cost, against the bare stack in the same run

${optionLines(benchOptions)}

Starts its own servers on free ports and stops them. Gives up after ${RUN_MS_MAX / 1_000} s. Ends with 1 when something failed or,
with --check, when a limit is missed, and with 2 when an option is wrong.`
