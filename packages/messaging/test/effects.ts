import type { Pool } from '@frontrow/postgres/pool'
import { claimed } from '../src/inbox.ts'
import type { Claimed } from '../src/inbox.ts'
import type { MessageHandlers } from '../src/handlers.ts'
import { counting } from './consumers-under-test.ts'

/** The schema of one service; each has an inbox. */
export const SCHEMA = 'payment'

/** What the test's owner makes: one row an effect, in the order in which they were made, and no rule against two for one message. */
export const EFFECTS_TABLE = `
  CREATE TABLE ${SCHEMA}.effects (
    place bigint GENERATED ALWAYS AS IDENTITY, topic text NOT NULL, message_id uuid NOT NULL, n int NOT NULL CHECK (n >= 0));
  GRANT SELECT, INSERT ON ${SCHEMA}.effects TO ${SCHEMA};`

/** Writes an effect for each message that is new, in one transaction with its claim. A negative number can't be written. */
export function effectHandlers(
  pool: Pool,
  topic: string,
  inTransaction: (messages: readonly Claimed<number>[]) => Promise<void> = async () => undefined,
): MessageHandlers<number> {
  return counting(
    claimed(pool, async (tx, messages) => {
      const fresh = messages.filter(({ isNew }) => isNew)
      await tx.query({
        text: `INSERT INTO effects (topic, message_id, n)
               SELECT $1, message_id, n FROM unnest($2::uuid[], $3::int[]) WITH ORDINALITY AS e (message_id, n, place)
               ORDER BY place`,
        values: [topic, fresh.map(({ id }) => id), fresh.map(({ content }) => content)],
      })
      await inTransaction(messages)
    }),
  )
}
