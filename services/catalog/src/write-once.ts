import { answerOnce } from '@frontrow/idempotency/answer-once'
import type { Tx } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { Caller } from '@frontrow/service-host/auth'
import type { Reply } from '@frontrow/service-host/serve-route'
import { z } from 'zod'
import type { CatalogContext } from './context.ts'

/** The answer to a write, which JSON can hold. */
export interface Written {
  status: 200 | 201
  data: object
  headers: Record<string, string>
}

/** Who writes what, by which route. */
export interface WriteRequest {
  operation: string
  caller: Caller
  /** Undefined where the client sent no Idempotency-Key; then each request is another one. */
  key: string | undefined
  /** The parsed path and body. */
  content: unknown
}

const Stored = z.object({ data: z.unknown(), headers: z.record(z.string(), z.string()) })

/**
 * Runs `write` in one transaction, once for each Idempotency-Key; a repeated request gets the first one's answer. What must follow a
 * commit only is registered by `onCommit`. Refuses as `write` and `answerOnce` do, and then the key stays free.
 */
export function writeOnce(
  ctx: Pick<CatalogContext, 'pool'>,
  { operation, caller, key, content }: WriteRequest,
  write: (tx: Tx) => Promise<Written>,
): Promise<Reply> {
  return inTransaction(ctx.pool, async (tx) => {
    if (key === undefined) return write(tx)
    const keyed = { userId: caller.userId, operation, key, content }
    const { status, response, replayed } = await answerOnce(tx, keyed, async () => {
      const { status: written, ...answer } = await write(tx)
      return { status: written, response: answer }
    })
    const { data, headers } = Stored.parse(response)
    return { status, data, headers: { ...headers, ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}) } }
  })
}
