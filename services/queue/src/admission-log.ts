import { createHash } from 'node:crypto'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { QueueContext } from './context.ts'
import { appendToLog, listUnlogged, lockLog, takeUnlogged } from './sql/admissions.ts'
import type { Admission, LogHead, LoggedAdmission } from './sql/admissions.ts'
import { readFairness } from './sql/fairness.ts'

// Every instance writes its admissions to PostgreSQL five times a second. After a second all of them are there, so that the log
// can be appended to in the order of time.
const SETTLED_MS = 1_000
const BATCH = 1_000
const BATCHES_A_ROUND = 20

/** The hash that the first entry of a room's log is chained to; docs/fairness.md gives the rule. */
export function genesisHash(scheduleId: number, commitment: string): Buffer {
  return sha256(`frontrow:admissions:${scheduleId}:${commitment}`)
}

/** The SHA-256 of a seed in hex. It is published before the draw, so that nobody can choose another seed afterwards. */
export function commitmentTo(seed: Buffer): string {
  return createHash('sha256').update(seed).digest('hex')
}

/** Admissions as the entries that follow `head`, each with the hash over itself and the hash before it. */
export function chainAdmissions(
  head: LogHead,
  admissions: readonly Omit<Admission, 'scheduleId'>[],
): LoggedAdmission[] {
  let { head: previousHash, length: number } = head
  return admissions.map((admission) => {
    number += 1
    const { sequence, enteredAtMs, admittedAtMs, active, maxActive, admitPerSecond } = admission
    const times = [enteredAtMs, admittedAtMs].map((ms) => new Date(ms).toISOString())
    const fields = [
      previousHash.toString('hex'),
      number,
      sequence,
      ...times,
      active,
      maxActive ?? '',
      admitPerSecond,
    ]
    const hash = sha256(fields.join('|'))
    previousHash = hash
    return { ...admission, number, hash }
  })
}

/**
 * Appends the admissions that are older than SETTLED_MS to the logs of their rooms. Any number of instances may do this, since a
 * log is locked while one of them writes it.
 */
export async function logAdmissions(ctx: QueueContext, signal: AbortSignal): Promise<void> {
  for (const scheduleId of await listUnlogged(ctx.pool, SETTLED_MS)) {
    try {
      for (let batch = 0; batch < BATCHES_A_ROUND && !signal.aborted; batch += 1) {
        if ((await logBatch(ctx, scheduleId)) < BATCH) break
      }
    } catch (error) {
      // These admissions stay on the list for the next run, and the logs of the other rooms do not wait for them.
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
