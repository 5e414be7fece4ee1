import type { Pace } from './compare-stacks.ts'
import type { RowName } from './arguments.ts'
import type { Results } from './results.ts'
import type { TemporaryServers } from './temporary-servers.ts'

/** What is measured, how long, and the sizes of the crowds. */
export interface Plan {
  wanted: ReadonlySet<RowName>
  pace: Pace
  /** People in a crowded waiting room. */
  crowd: number
  /** Buyers of one sale. */
  buyers: number
  /** Old payments of a system with a long past. */
  oldPayments: number
  profileFolder: string | undefined
  say: (line: string) => void
}

/** Measures one row. Where that fails, the failure becomes a problem of the run and the other rows are still measured. */
export async function attempt(
  { servers, plan, results }: { servers: TemporaryServers; plan: Plan; results: Results },
  row: string,
  measure: () => Promise<void>,
): Promise<void> {
  plan.say(row)
  try {
    await measure()
  } catch (error) {
    servers.signal.throwIfAborted()
    results.problems.push(`${row}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
