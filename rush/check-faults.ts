import type { Check } from './check-history.ts'
import type { InstanceFaults } from './instance-faults.ts'
import type { Kind, Measurements } from './measurements.ts'

/** A reader waits for two instances in turn, 1 s each; the rest is for a busy machine and the wait for a connection. */
const READ_MAX_MS = 2_500

/** What must hold where one of two instances of each service failed while people bought. */
export function checkFaults(
  { tries, unanswered, slowestReads }: Measurements,
  { done, left }: InstanceFaults,
): Check[] {
  const lines = (kind: Kind): string[] =>
    [...unanswered[kind]].map(([what, times]) => `${what}: ${times} times`)
  return [
    {
      name: 'one of two instances of each service was killed, and frozen for 10 s, while people came',
      checked: done.length,
      violations: left.map((what) => `there was no time for ${what}; let people come for longer`),
    },
    {
      name: 'an instance that fails costs no reader an answer',
      checked: tries.read,
      violations: lines('read'),
    },
    {
      name: 'no write is left without an answer or a time to come again',
      checked: tries.write,
      violations: lines('write'),
    },
    {
      name: 'every reader is answered within 2.5 s',
      checked: tries.read,
      violations: [...slowestReads]
        .filter(([, ms]) => ms > READ_MAX_MS)
        .map(([step, ms]) => `${step} took ${(ms / 1_000).toFixed(1)} s`),
    },
  ]
}
