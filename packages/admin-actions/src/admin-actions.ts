import { AsyncLocalStorage } from 'node:async_hooks'
import type { Queryable } from '@frontrow/postgres/pool'
import { uuidv7 } from 'uuidv7'
import { hideSecrets } from './hide-secrets.ts'

/** A write that was asked for with the reach of an admin. */
export interface AdminAction {
  adminId: string
  /** The role by which they might: admin, or another that the route names. */
  role: string
  /** The route, by its operationId. */
  operation: string
  method: string
  path: string
  /** As it came, parsed; undefined where the route has none. Secrets in it are hidden before it is stored. */
  body: unknown
  requestId: string
}

/** How an action ended: DONE, REPLAYED or a refusal's code, and the status of the answer. */
export interface AdminActionEnd {
  outcome: string
  status: number
}

interface RunningAction {
  actionId: string
}

const running = new AsyncLocalStorage<RunningAction>()

/**
 * Runs what an admin asked for as an action in the log of this service. The action is written first, so that nothing is done that the log does not
 * have: where it can't be written, `run` does not begin. `endOf` says how what `run` returned or threw ended. An end that can't be written goes to `onError`;
 * the answer is given all the same, because what was asked for has happened.
 */
export async function logAdminAction<T>(
  db: Queryable,
  action: AdminAction,
  run: () => Promise<T>,
  {
    endOf,
    onError,
  }: { endOf: (result: PromiseSettledResult<T>) => AdminActionEnd; onError: (error: unknown) => void },
): Promise<T> {
  const actionId = uuidv7()
  await insertAction(db, actionId, action)
  const [result] = await Promise.allSettled([running.run({ actionId }, run)])
  try {
    await writeEnd(db, actionId, endOf(result))
  } catch (error) {
    onError(error)
  }
  if (result.status === 'rejected') throw result.reason
  return result.value
}

/**
 * Writes in the transaction of a write that the running action is DONE: the log says so if, and only if, the write is there. Nothing where no
 * admin is at work, so that a use case needs not know who asks.
 */
export async function completeAdminAction(tx: Queryable): Promise<void> {
  const action = running.getStore()
  if (action === undefined) return
  await tx.query({
    name: 'admin-actions-complete',
    text: `UPDATE admin_actions SET outcome = 'DONE', ended_at = clock_timestamp() WHERE action_id = $1 AND outcome IS NULL`,
    values: [action.actionId],
  })
}

async function insertAction(db: Queryable, actionId: string, action: AdminAction): Promise<void> {
  const { adminId, role, operation, method, path, body, requestId } = action
  await db.query({
    name: 'admin-actions-insert',
    text: `INSERT INTO admin_actions (action_id, admin_id, role, operation, method, path, body, request_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      actionId,
      adminId,
      role,
      operation,
      method,
      path,
      body === undefined ? null : JSON.stringify(hideSecrets(body)),
      requestId,
    ],
  })
}

// What its transaction has written stays: an answer that failed after the commit does not undo it.
async function writeEnd(db: Queryable, actionId: string, { outcome, status }: AdminActionEnd): Promise<void> {
  await db.query({
    name: 'admin-actions-end',
    text: `UPDATE admin_actions SET outcome = coalesce(outcome, $2), status = $3, ended_at = coalesce(ended_at, clock_timestamp())
           WHERE action_id = $1`,
    values: [actionId, outcome, status],
  })
}
