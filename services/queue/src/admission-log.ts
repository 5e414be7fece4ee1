import { createHash } from 'node:crypto'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { QueueContext } from './context.ts'
import { appendToLog, listUnlogged, lockLog, takeUnlogged } from './sql/admissions.ts'
import type { Admission, LogHead, LoggedAdmission } from './sql/admissions.ts'
import { readFairness } from './sql/fairness.ts'

// All instances have noted what they did by then (they do so five times a second), so that the log is in order of time.
const SETTLED_MS = 1_000
const BATCH = 1_000
const BATCHES_A_ROUND = 20

/** What stands before the first admission of a room; docs/fairness.md. */
export function genesisHash(scheduleId: number, commitment: string): Buffer {
  return sha256(`frontrow:admissions:${scheduleId}:${commitment}`)
}

/** The public promise about a seed. */
export function commitmentTo(seed: Buffer): string {
  return createHash('sha256').update(seed).digest('hex')
}

/** Admissions as the entries that follow `head`, each with the hash over itself and the hash before it. */
export function chainAdmissions(
  head: LogHead,
  admissions: readonly Omit<Admission, 'scheduleId'>[],
): LoggedAdmission[] {
  let { head: before, length: number } = head
  return admissions.map((admission) => {
    number += 1
    const { sequence, enteredAtMs, admittedAtMs, active, maxActive, admitPerSecond } = admission
    const times = [enteredAtMs, admittedAtMs].map((ms) => new Date(ms).toISOString())
    const fields = [
      before.toString('hex'),
      number,
      sequence,
      ...times,
      active,
      maxActive ?? '',
      admitPerSecond,
    ]
    const hash = sha256(fields.join('|'))
    before = hash
    return { ...admission, number, hash }
  })
}

/** Writes what has settled into the logs. Any number of instances may do this: a log has one writer at a time. */
export async function logAdmissions(ctx: QueueContext, signal: AbortSignal): Promise<void> {
  for (const scheduleId of await listUnlogged(ctx.pool, SETTLED_MS)) {
    try {
      for (let batch = 0; batch < BATCHES_A_ROUND && !signal.aborted; batch += 1) {
        if ((await logBatch(ctx, scheduleId)) < BATCH) break
      }
    } catch (error) {
      // They stay on the list; the other rooms' logs should not wait for this one.
      ctx.logger.warn({ err: error, scheduleId }, 'admissions could not be logged')
    }
  }
}

async function logBatch(ctx: QueueContext, scheduleId: number): Promise<number> {
  return inTransaction(ctx.pool, async (tx) => {
    const room = await readFairness(tx, scheduleId)
    if (room === undefined) throw new Error(`people were let in to schedule ${scheduleId}, which has no room`)
    const head = await lockLog(tx, scheduleId, genesisHash(scheduleId, commitmentTo(room.seed)))
    if (head === undefined) return 0
    const { taken, admissions } = await takeUnlogged(tx, scheduleId, SETTLED_MS, BATCH)
    await appendToLog(tx, scheduleId, chainAdmissions(head, admissions))
    return taken
  })
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
