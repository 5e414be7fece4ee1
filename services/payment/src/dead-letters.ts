import { completeAdminAction } from '@frontrow/admin-actions/admin-actions'
import type { DeadLetter } from '@frontrow/messaging/dead-letter-collector'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction, together } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import { uuidv7 } from 'uuidv7'
import type { DeadLetterRow } from './sql/dead-letters.ts'
import {
  endLease,
  findDeadLetter,
  insertDeadLetter,
  leaseForRetry,
  listDeadLetters,
  markRetried,
} from './sql/dead-letters.ts'

/** A parked message as admins see it. */
export interface DeadLetterView {
  deadLetterId: string
  topic: string
  consumer: string
  key: string | null
  type: string | null
  value: string | null
  error: string
  attempts: number
  parkedAt: Date
  retriedAt: Date | null
}

/** The parked messages of all services. They are stored as they arrive; admins list and retry them. */
export interface DeadLetters {
  store(deadLetter: DeadLetter): Promise<void>
  list(
    cursor: string | undefined,
    limit: number,
  ): Promise<{ items: DeadLetterView[]; nextCursor: string | null }>
  /** Publishes it, once: a repeat only says when that was. Refuses with DEAD_LETTER_NOT_FOUND and DEAD_LETTER_BEING_RETRIED. */
  retry(deadLetterId: string): Promise<DeadLetterView>
}

// Longer than kafkajs tries to publish while the broker is away. One that is published a second time all the same is known by its id.
const RETRY_LEASE_MS = 60_000

/** Keeps parked messages in this service's schema. `publish` sends one to its topic again. */
export function createDeadLetters(options: {
  pool: Pool
  publish: (deadLetter: Pick<DeadLetter, 'topic' | 'consumer' | 'key' | 'value' | 'headers'>) => Promise<void>
}): DeadLetters {
  const { pool, publish } = options
  return {
    store: (deadLetter) => insertDeadLetter(pool, uuidv7(), deadLetter),
    async list(cursor, limit) {
      const rows = await listDeadLetters(pool, cursor, limit + 1)
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      return {
        items: items.map(toView),
        nextCursor: rows.length > limit && last !== undefined ? last.dead_letter_id : null,
      }
    },
    async retry(deadLetterId) {
      const leased = await leaseForRetry(pool, deadLetterId, RETRY_LEASE_MS)
      if (leased === undefined) return toView(await findRetried(pool, deadLetterId))
      const { topic, consumer, message_key: key, value, headers } = leased
      try {
        await publish({ topic, consumer, key, value, headers })
      } catch (error) {
        await endLease(pool, deadLetterId)
        throw error
      }
      const [retriedAt] = await inTransaction(pool, (tx) =>
        together([markRetried(tx, deadLetterId), completeAdminAction(tx)]),
      )
      return toView({ ...leased, retried_at: retriedAt })
    },
  }
}

async function findRetried(pool: Pool, deadLetterId: string): Promise<DeadLetterRow> {
  const row = await findDeadLetter(pool, deadLetterId)
  if (row === undefined) throw refuse('DEAD_LETTER_NOT_FOUND', 'no such parked message')
  if (row.retried_at !== null) return row
  throw refuse('DEAD_LETTER_BEING_RETRIED', 'somebody publishes it at this moment; try again shortly')
}

function toView(row: DeadLetterRow): DeadLetterView {
  return {
    deadLetterId: row.dead_letter_id,
    topic: row.topic,
    consumer: row.consumer,
    key: row.message_key?.toString('utf8') ?? null,
    type: row.headers['ce_type'] ?? null,
    value: row.value?.toString('utf8') ?? null,
    error: row.error,
    attempts: row.attempts,
    parkedAt: row.parked_at,
    retriedAt: row.retried_at,
  }
}
