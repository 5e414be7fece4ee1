import type { Pool } from '@frontrow/postgres/pool'
import { checkAdmissions } from '../src/admission/check-admissions.ts'

interface Stay {
  sequence: number
  fromMs: number
  untilMs: number
}

/** From when until when each person of a room was in, as PostgreSQL has it; in the order of admission. */
async function readStays(pool: Pool, scheduleId: number): Promise<Stay[]> {
  const { rows } = await pool.query<Stay>(
    `SELECT sequence, round(extract(epoch FROM activated_at) * 1000)::bigint AS "fromMs",
       round(extract(epoch FROM least(active_until, ended_at)) * 1000)::bigint AS "untilMs"
     FROM queue_tokens WHERE schedule_id = $1 AND activated_at IS NOT NULL ORDER BY activated_at, sequence`,
    [scheduleId],
  )
  return rows
}

/** Every breach of a room's limits over its whole life; the limits must not have been changed. */
export async function findBrokenLimits(
  pool: Pool,
  scheduleId: number,
  limits: { maxActive: number; admitPerSecond: number },
): Promise<string[]> {
  const stays = await readStays(pool, scheduleId)
  const broken: string[] = []
  for (const { sequence, fromMs } of stays) {
    const active = stays.filter((other) => other.fromMs <= fromMs && other.untilMs > fromMs).length
    if (active > limits.maxActive) broken.push(`${active} were in when ${sequence} came in`)
    const inTheSecond = stays.filter(
      (other) => other.fromMs <= fromMs && other.fromMs > fromMs - 1_000,
    ).length
    if (inTheSecond > limits.admitPerSecond)
      broken.push(`${inTheSecond} came in in the second up to ${sequence}`)
  }
  const audit = await checkAdmissions(pool)
  return [...broken, ...audit.violations]
}

/** The sequences in the log of those who were let in, lowest first; one that was logged twice comes twice. */
export async function notedSequences(pool: Pool, scheduleId: number): Promise<number[]> {
  const { rows } = await pool.query<{ sequence: number }>(
    `SELECT sequence FROM room_log WHERE schedule_id = $1 AND kind = 'ADMITTED' ORDER BY sequence`,
    [scheduleId],
  )
  return rows.map((row) => row.sequence)
}
