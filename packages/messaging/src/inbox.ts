import { failpoint } from '@frontrow/failpoints/failpoint'
import type { Pool, Tx } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { Incoming } from './handlers.ts'

/** A message in the transaction of its effect. */
export interface Claimed<M> extends Incoming<M> {
  /** False where the message was applied before. It must then change nothing; a stored reply may be sent again. */
  isNew: boolean
}

/**
 * Makes a `handleMany` that claims all messages in the inbox with one statement and applies them in the same transaction, so
 * that each has its effect once. The effects must be made by `tx` alone; what is for after the commit goes to `onCommit`.
 */
export function claimed<M>(
  pool: Pool,
  handleMany: (tx: Tx, messages: readonly Claimed<M>[]) => Promise<void>,
): (messages: readonly Incoming<M>[]) => Promise<void> {
  return async (messages) => {
    const typesOf = (): string[] => messages.map(({ type }) => type)
    await inTransaction(pool, async (tx) => {
      const fresh = await claim(tx, messages)
      await handleMany(
        tx,
        // The second of two equal ids in one batch is a repeat.
        messages.map((message) => ({ ...message, isNew: fresh.delete(message.id) })),
      )
      failpoint('messages-applied', typesOf)
    })
    failpoint('messages-committed', typesOf)
  }
}

/**
 * Claims messages in the transaction of their effect; returns the ids of those that were not applied before. While another
 * transaction has one of them claimed, this waits for its end. All claim in the order of ids, so that they can't deadlock.
 */
export async function claim(tx: Tx, messages: readonly { id: string; type: string }[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ message_id: string }>({
    name: 'inbox-claim',
    text: `INSERT INTO inbox (message_id, type)
           SELECT DISTINCT ON (m.message_id) m.message_id, m.type FROM unnest($1::uuid[], $2::text[]) AS m (message_id, type)
           ORDER BY m.message_id
           ON CONFLICT DO NOTHING RETURNING message_id`,
    values: [messages.map(({ id }) => id), messages.map(({ type }) => type)],
  })
  return new Set(rows.map((row) => row.message_id))
}
