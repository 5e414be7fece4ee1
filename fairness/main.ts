/**
 * Replays the fairness of one waiting room from outside: npm run verify-fairness -- --schedule 7
 *
 * It is written from docs/fairness.md alone and shares no code with the services, because two independent programs that agree
 * show more than one program that is run twice. The pages check by the same files, in the browser.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { explainUsage } from '../scripts/command-line.ts'
import { readArguments, usage } from './arguments.ts'
import { askSystem } from './ask-system.ts'
import { checkRoom } from './check-room.ts'
import { FairnessProblem } from './fairness-problem.ts'
import { readRoom } from './read-room.ts'
import { isFair, reportLines } from './report.ts'

const HOLDS = 0
const DOES_NOT_HOLD = 1
const NOT_CHECKED = 2
const ANSWER_DEADLINE_MS = 15_000

/** What the command uses besides the system that it checks. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly print: (line: string) => void
  readonly complain: (line: string) => void
  readonly pause: (ms: number) => Promise<void>
  readonly deadlineMs: number
}

/** Runs the command. Returns its exit code: 0 where fairness holds, 1 where it does not, 2 where it could not be checked. */
export async function verifyFairness(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { env, print, complain, pause, deadlineMs } = surroundings
  const command = readArguments(argv, env)
  if (command.kind !== 'check') {
    return explainUsage('verify-fairness', command, usage, { log: print, error: complain })
  }
  const { options } = command
  try {
    const ask = askSystem({ url: options.url, scheduleId: options.scheduleId, deadlineMs, pause })
    const reading = await readRoom(ask, options)
    const checks = checkRoom(reading, options)
    for (const line of reportLines(reading, checks, options)) print(line)
    return isFair(checks) ? HOLDS : DOES_NOT_HOLD
  } catch (error) {
    if (!(error instanceof FairnessProblem)) throw error
    complain(`verify-fairness: ${error.message}`)
    return NOT_CHECKED
  }
}

if (import.meta.main) {
  try {
    process.exitCode = await verifyFairness(process.argv.slice(2), {
      env: process.env,
      print: console.log,
      complain: console.error,
      pause: (ms) => delay(ms),
      deadlineMs: ANSWER_DEADLINE_MS,
    })
  } catch (error) {
    // Node would exit with 1, but a defect of the checker must not look like unfairness.
    console.error(error)
    process.exitCode = NOT_CHECKED
  }
}
