import type { Queryable } from '@frontrow/postgres/pool'
import { HIGHEST_UUID, uuid } from '@frontrow/values/ids'
import { z } from 'zod'

/** How many actions one question gets at most: with bodies of 64 KB each they stay below what a gRPC client reads, 4 MiB. */
export const ACTIONS_MAX = 51

const absent = z.literal('').transform(() => undefined)

/** Which actions are asked for, as proto3 sends it: an absent text is an empty one. */
export const adminActionsPage = z.object({
  /** Only actions with a lower id, which are older. */
  beforeActionId: z.union([absent, uuid]),
  adminId: z.union([absent, z.string().max(64)]),
  /** Only writes to this path, or below it. */
  path: z.union([absent, z.string().max(500)]),
  limit: z.int().min(1).max(ACTIONS_MAX),
})

/** One action as it is in the log. Milliseconds since the epoch; 0 and empty texts where there is none. */
export interface LoggedAction {
  actionId: string
  adminId: string
  role: string
  operation: string
  method: string
  path: string
  /** JSON. */
  body: string
  requestId: string
  outcome: string
  status: number
  beganAtMs: number
  endedAtMs: number
}

/** Lists the actions of one service, newest first. */
export async function listAdminActions(
  db: Queryable,
  { beforeActionId, adminId, path, limit }: z.output<typeof adminActionsPage>,
): Promise<LoggedAction[]> {
  const ofOne = adminId !== undefined
  const { rows } = await db.query<LoggedAction>({
    // Plans are kept whatever the values are, so each question has a statement whose plan begins at its page in an index.
    name: ofOne ? 'admin-actions-list-of-one' : 'admin-actions-list',
    text: `SELECT action_id AS "actionId", admin_id AS "adminId", role, operation, method, path, coalesce(body::text, '') AS body,
                  request_id AS "requestId", coalesce(outcome, '') AS outcome, coalesce(status, 0)::int AS status,
                  round(extract(epoch FROM began_at) * 1000)::bigint AS "beganAtMs",
                  coalesce(round(extract(epoch FROM ended_at) * 1000), 0)::bigint AS "endedAtMs"
           FROM admin_actions
           WHERE action_id < $1 AND ($2::text IS NULL OR path = $2 OR starts_with(path, $2 || '/'))
             ${ofOne ? 'AND admin_id = $4' : ''}
           ORDER BY action_id DESC LIMIT $3`,
    values: [beforeActionId ?? HIGHEST_UUID, path ?? null, limit, ...(ofOne ? [adminId] : [])],
  })
  return rows
}
