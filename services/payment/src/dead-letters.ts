import { setTimeout as delay } from 'node:timers/promises'
import { askThenWriteOnce } from '@frontrow/idempotency/write-once'
import type { WriteRequest } from '@frontrow/idempotency/write-once'
import type { DeadLetter } from '@frontrow/messaging/dead-letter-collector'
import type { Pool } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import type { Reply } from '@frontrow/service-host/serve-route'
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
  /**
   * Publishes it, once: a repeat only says when that was, and one of the same Idempotency-Key is known as such. Refuses with
   * DEAD_LETTER_NOT_FOUND, DEAD_LETTER_BEING_RETRIED, and UNAVAILABLE without the broker, which leave the key free.
   */
  retry(deadLetterId: string, by: Pick<WriteRequest, 'caller' | 'key'>): Promise<Reply>
}

// kafkajs tries for minutes where a broker hangs, and the gateway waits for 20 s. What is given up here may still be published, and once
// more by the next retry; it is known by its id then.
const PUBLISH_MAX_MS = 12_000
const RETRY_LEASE_MS = 20_000

/** Keeps parked messages in this service's schema. `publish` sends one to the group that parked it again. */
export function createDeadLetters(options: {
  pool: Pool
  publish: (deadLetter: Pick<DeadLetter, 'topic' | 'consumer' | 'key' | 'value' | 'headers'>) => Promise<void>
}): DeadLetters {
  const { pool, publish } = options
  /** Publishes it, unless that was done before. */
  const publishAgain = async (deadLetterId: string): Promise<DeadLetterRow> => {
    const leased = await leaseForRetry(pool, deadLetterId, RETRY_LEASE_MS)
    if (leased === undefined) return findRetried(pool, deadLetterId)
    const { topic, consumer, message_key: key, value, headers } = leased
    try {
      await withinLimit(publish({ topic, consumer, key, value, headers }))
    } catch (error) {
      await endLease(pool, leased)
      throw refuse('UNAVAILABLE', 'the broker does not take messages now; nothing was published', {
        retryAfterSeconds: 5,
        cause: error,
      })
    }
    return leased
  }
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
    retry(deadLetterId, by) {
      const request = { operation: 'retryDeadLetter', ...by, content: { deadLetterId } }
      const ask = () => publishAgain(deadLetterId)
      return askThenWriteOnce({ pool }, request, ask, async (tx, row) => {
        const retriedAt = row.retried_at ?? (await markRetried(tx, deadLetterId))
        return { status: 200, data: toView({ ...row, retried_at: retriedAt }), headers: {} }
      })
    },
  }
}

async function withinLimit(published: Promise<void>): Promise<void> {
  const limit = new AbortController()
  const late = delay(PUBLISH_MAX_MS, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`not published within ${PUBLISH_MAX_MS} ms`)
  })
  try {
    await Promise.race([published, late])
  } finally {
    limit.abort()
    // The one that lost has been answered for.
    await Promise.allSettled([late])
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
