/**
 * Measures what requests cost: the CPU of all processes of our stack, compared with the same hops with no logic in them, in turn in
 * the same run. Prints ratios with their limits; a limit that is missed makes the run fail with --check only.
 */
import { explainUsage } from '../scripts/command-line.ts'
import { readArguments, RUN_MS_MAX, usage } from './arguments.ts'
import type { BenchOptions } from './arguments.ts'
import { sum } from './measure.ts'
import { readCpuMs, readMachineMs } from './process-cpu.ts'
import type { Pace } from './compare-stacks.ts'
import { measureRows } from './measure-rows.ts'
import { listMisses } from './limits.ts'
import type { Results } from './results.ts'
import { comparisonLines, figureLine, partLines } from './table.ts'
import { withTemporaryServers } from './temporary-servers.ts'
import { writeDocs } from './write-docs.ts'

const PACE: Pace = { rounds: 3, roundMs: 2_000, warmUpMs: 2_000 }
const QUICK_PACE: Pace = { rounds: 1, roundMs: 1_000, warmUpMs: 500 }
const CROWD = 1_000_000
const QUICK_CROWD = 50_000
const BUYERS = 1_000
const QUICK_BUYERS = 100
const OLD_PAYMENTS = 1_000_000
const QUICK_OLD_PAYMENTS = 20_000
const INTERRUPTED = 130

const began = performance.now()

function say(line: string): void {
  console.log(`[${((performance.now() - began) / 1_000).toFixed(1).padStart(5)} s] ${line}`)
}

/** A signal stopped the run. */
class Interrupted extends Error {
  override name = 'Interrupted'
}

/** The machine is too busy for the run to end within its time. */
class OutOfTime extends Error {
  override name = 'OutOfTime'
}

async function runBench({ rows, quick, check, docs, profileFolder }: BenchOptions): Promise<number> {
  const halt = new AbortController()
  const timeLimit = setTimeout(
    () => halt.abort(new OutOfTime(`not done in ${RUN_MS_MAX / 1_000} s`)),
    RUN_MS_MAX,
  )
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => halt.abort(new Interrupted(`stopped by ${signal}`)))
  }
  const results: Results = { comparisons: [], figures: [], problems: [] }
  const machineBefore = readMachineMs()
  const plan = {
    wanted: rows,
    pace: quick ? QUICK_PACE : PACE,
    crowd: quick ? QUICK_CROWD : CROWD,
    buyers: quick ? QUICK_BUYERS : BUYERS,
    oldPayments: quick ? QUICK_OLD_PAYMENTS : OLD_PAYMENTS,
    profileFolder,
    say,
  }
  try {
    await withTemporaryServers(halt.signal, (servers) => measureRows(servers, plan, results))
    say('Done')
    if (docs) await writeDocs(results, otherProgramsLine(machineBefore))
    if (results.problems.length > 0) return 1
    return check && listMisses(results).length > 0 ? 1 : 0
  } catch (error) {
    if (!(error instanceof Interrupted) && !(error instanceof OutOfTime)) throw error
    say(error.message)
    return error instanceof Interrupted ? INTERRUPTED : 1
  } finally {
    clearTimeout(timeLimit)
    // After a failure the results so far are printed too.
    const { comparisons, figures, problems } = results
    const lines = [
      ...comparisonLines(comparisons),
      '',
      ...partLines(comparisons),
      '',
      ...figures.map(figureLine),
    ]
    console.log(`\n${lines.join('\n')}\n${otherProgramsLine(machineBefore)}`)
    for (const problem of problems) console.error(`Not measured: ${problem}`)
    if (check) for (const miss of listMisses(results)) console.error(`Missed: ${miss}`)
    if (quick) console.log('A quick run shows that it works; its numbers mean little.')
  }
}

/** Says how much CPU other programs used, because on a busy machine even ratios are unsure. */
function otherProgramsLine(before: { all: number; used: number }): string {
  const now = readMachineMs()
  const ours = sum(readCpuMs({ bench: process.pid }).values())
  const others = Math.max(0, now.used - before.used - ours) / (now.all - before.all)
  return `Other programs used ${Math.round(others * 100)} % of this machine's CPU meanwhile.`
}

const command = readArguments(process.argv.slice(2))
process.exitCode =
  command.kind === 'run' ? await runBench(command.options) : explainUsage('bench', command, usage)
