import { completeAdminAction } from '@frontrow/admin-actions/admin-actions'
import type { Pool, Tx } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { z } from 'zod'
import { answerOnce } from './answer-once.ts'
import type { OnceAnswer } from './answer-once.ts'
import { findAnswer } from './idempotency-key.ts'

/** The answer to a write, which JSON can hold. */
export interface Written {
  /** 204 has no body, whatever `data` is. */
  status: 200 | 201 | 204
  data: object
  headers: Record<string, string>
}

/** The same as a client gets it, the first time or again. */
interface WrittenReply {
  status: number
  data?: unknown
  headers?: Record<string, string>
}

/** Who writes what, by which route. */
export interface WriteRequest {
  operation: string
  caller: { readonly userId: string }
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
  ctx: { pool: Pool },
  { operation, caller, key, content }: WriteRequest,
  write: (tx: Tx) => Promise<Written>,
): Promise<WrittenReply> {
  return inTransaction(ctx.pool, async (tx) => {
    if (key === undefined) {
      const written = await write(tx)
      await completeAdminAction(tx)
      return written
    }
    const keyed = { userId: caller.userId, operation, key, content }
    const effect = async (): Promise<OnceAnswer> => {
      const { status: written, ...answer } = await write(tx)
      return { status: written, response: answer }
    }
    const { status, response, replayed } = await answerOnce(tx, keyed, effect, () => completeAdminAction(tx))
    const { data, headers } = Stored.parse(response)
    return { status, data, headers: { ...headers, ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}) } }
  })
}

/**
 * The same for a write that needs another service: `ask` runs before the transaction, so that no lock waits for the network and nothing is
 * asked again when the transaction is retried. A request whose key has its answer asks nobody. Two of one key at the same moment may both ask,
 * so what is asked for must be as good the second time.
 */
export async function askThenWriteOnce<A>(
  ctx: { pool: Pool },
  request: WriteRequest,
  ask: () => Promise<A>,
  write: (tx: Tx, asked: A) => Promise<Written>,
): Promise<WrittenReply> {
  const asked = (await isAnswered(ctx, request)) ? undefined : { answer: await ask() }
  return writeOnce(ctx, request, (tx) => {
    if (asked !== undefined) return write(tx, asked.answer)
    // The time to keep the answer has run out at this moment.
    throw generalRefusal('IDEMPOTENCY_IN_PROGRESS', 'this Idempotency-Key can not be read now; try again')
  })
}

async function isAnswered(
  { pool }: { pool: Pool },
  { operation, caller, key, content }: WriteRequest,
): Promise<boolean> {
  if (key === undefined) return false
  return (await findAnswer(pool, { userId: caller.userId, operation, key, content })) !== undefined
}
