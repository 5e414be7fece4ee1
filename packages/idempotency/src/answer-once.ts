import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Tx } from '@frontrow/postgres/pool'
import { together } from '@frontrow/postgres/transaction'
import { hashContent } from './idempotency-key.ts'
import type { KeyedRequest } from './idempotency-key.ts'

/** What a request is answered: an HTTP status and what JSON can hold. */
export interface OnceAnswer {
  status: number
  response: unknown
}

/**
 * The answer that was given to this request before, or that of `effect`, which is stored with what `effect` wrote in the same
 * transaction. A second request of the key waits for the first one's transaction. What `effect` throws must undo the transaction,
 * which leaves the key free. Refuses with IDEMPOTENCY_KEY_REUSED where the key was used with other content. `tx` should have done
 * nothing before, so that all who come with this key lock it first. `beside` sends what else belongs to the effect, in one piece with the
 * answer, because whatever the effect has locked waits for each way to the server.
 */
export async function answerOnce(
  tx: Tx,
  request: KeyedRequest,
  effect: () => Promise<OnceAnswer>,
  beside: () => Promise<void> = async () => {},
): Promise<OnceAnswer & { replayed: boolean }> {
  const hash = hashContent(request.content)
  const keyColumns = [request.userId, request.operation, request.key]
  const { rowCount } = await tx.query({
    name: 'idempotency-claim',
    text: `INSERT INTO idempotency_keys (user_id, operation, idempotency_key, request_hash, locked_until)
           VALUES ($1, $2, $3, $4, now()) ON CONFLICT DO NOTHING`,
    values: [...keyColumns, hash],
  })
  if (rowCount === 0) return { ...(await readAnswer(tx, keyColumns, hash)), replayed: true }
  const answer = await effect()
  await together([
    beside(),
    tx.query({
      name: 'idempotency-answer',
      text: `UPDATE idempotency_keys SET status = $4, response = $5
             WHERE user_id = $1 AND operation = $2 AND idempotency_key = $3`,
      values: [...keyColumns, answer.status, JSON.stringify(answer.response)],
    }),
  ])
  return { ...answer, replayed: false }
}

async function readAnswer(tx: Tx, keyColumns: readonly string[], hash: Buffer): Promise<OnceAnswer> {
  const { rows } = await tx.query<{ hash: Buffer; status: number | null; response: unknown }>({
    name: 'idempotency-read-answer',
    text: `SELECT request_hash AS hash, status, response FROM idempotency_keys
           WHERE user_id = $1 AND operation = $2 AND idempotency_key = $3`,
    values: [...keyColumns],
  })
  const row = rows[0]
  if (row !== undefined && !row.hash.equals(hash)) {
    throw generalRefusal('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another request')
  }
  // Its time to be kept has run out at this moment.
  if (row === undefined || row.status === null) {
    throw generalRefusal('IDEMPOTENCY_IN_PROGRESS', 'this Idempotency-Key can not be read now; try again')
  }
  return { status: row.status, response: row.response }
}
