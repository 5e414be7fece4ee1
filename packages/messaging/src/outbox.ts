import type { Queryable, Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import type { TraceContext } from '@frontrow/trace-context/trace-context'
import { uuidv7 } from 'uuidv7'
import type { WakeUp } from './wake-up.ts'

/** A message that is published if, and only if, its transaction commits. */
export interface OutgoingMessage {
  /** A new UUIDv7 by default. Set it where a message that is sent again must count as the same one. */
  id?: string
  topic: string
  /** Messages of one key arrive in the order of their commits. */
  key: string
  type: string
  payload: object
  /** The trace that it belongs to; the running one by default. Set it where one transaction does the work of several. */
  trace?: TraceContext | undefined
}

/**
 * Writes messages into the outbox in the running transaction and wakes the relay after its commit. The caller must have
 * locked the row that the messages are about: the relay publishes by outbox id, which then follows the row's changes.
 */
export async function enqueue(tx: Tx, relay: WakeUp, messages: readonly OutgoingMessage[]): Promise<void> {
  if (messages.length === 0) return
  const running = currentTrace()
  const traces = messages.map(({ trace }) => trace ?? running)
  await tx.query({
    name: 'outbox-enqueue',
    text: `INSERT INTO outbox (message_id, topic, message_key, type, payload, traceparent, request_id)
           SELECT message_id, topic, message_key, type, payload, traceparent, request_id
           FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::json[], $6::text[], $7::text[])
             WITH ORDINALITY AS m (message_id, topic, message_key, type, payload, traceparent, request_id, place)
           ORDER BY place`,
    values: [
      messages.map((message) => message.id ?? uuidv7()),
      messages.map((message) => message.topic),
      messages.map((message) => message.key),
      messages.map((message) => message.type),
      messages.map((message) => JSON.stringify(message.payload)),
      traces.map((trace) => trace?.traceparent ?? null),
      traces.map((trace) => trace?.requestId ?? null),
    ],
  })
  onCommit(tx, () => relay.wake())
}

/** One unpublished row. */
export interface OutboxRow {
  id: number
  message_id: string
  topic: string
  message_key: string
  type: string
  payload: string
  traceparent: string | null
  request_id: string | null
  occurred_at: Date
}

/**
 * Marks rows as published, which the broker has acknowledged, and reads the oldest unpublished ones. There is no high-water mark on
 * purpose: ids are taken before the commit, so a lower id can appear after a higher one, and `id > last` would lose it.
 */
export async function markAndRead(
  db: Queryable,
  publishedIds: readonly number[],
  limit: number,
): Promise<OutboxRow[]> {
  const { rows } = await db.query<OutboxRow>({
    name: 'outbox-mark-and-read',
    text: `WITH marked AS (UPDATE outbox SET published_at = now() WHERE id = ANY ($1::bigint[]))
           SELECT id, message_id, topic, message_key, type, payload::text AS payload, traceparent, request_id, occurred_at
           FROM outbox WHERE published_at IS NULL AND id <> ALL ($1::bigint[]) ORDER BY id LIMIT $2`,
    values: [publishedIds, limit],
  })
  return rows
}

/** Rows that are not published yet and how long the oldest waits, for metrics and the audit. */
export async function outboxBacklog(db: Queryable): Promise<{ rows: number; oldestSeconds: number }> {
  const { rows } = await db.query<{ rows: number; oldest: number }>(
    `SELECT count(*) AS rows, coalesce(extract(epoch FROM now() - min(occurred_at)), 0)::float8 AS oldest
     FROM outbox WHERE published_at IS NULL`,
  )
  return { rows: rows[0]?.rows ?? 0, oldestSeconds: rows[0]?.oldest ?? 0 }
}

/** Deletes published rows and applied ids that are older than `keepDays`, 5,000 of each at most; returns how many. */
export async function tidyMessages(
  db: Queryable,
  keepDays: { outbox: number; inbox: number },
): Promise<number> {
  const published = await db.query(
    `DELETE FROM outbox WHERE id IN (
       SELECT id FROM outbox WHERE published_at < now() - make_interval(days => $1) LIMIT 5000)`,
    [keepDays.outbox],
  )
  const applied = await db.query(
    `DELETE FROM inbox WHERE message_id IN (
       SELECT message_id FROM inbox WHERE received_at < now() - make_interval(days => $1) LIMIT 5000)`,
    [keepDays.inbox],
  )
  return (published.rowCount ?? 0) + (applied.rowCount ?? 0)
}
