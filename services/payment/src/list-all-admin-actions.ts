import type { LoggedAction } from '@frontrow/admin-actions/list-admin-actions'

/** Which actions are asked for; undefined where all are. */
export interface ActionsWanted {
  adminId: string | undefined
  path: string | undefined
  beforeActionId: string | undefined
  limit: number
}

/** An action, and the service that logged it. */
export interface ActionOfService<Service extends string> extends LoggedAction {
  service: Service
}

/** Reads the actions of one service, newest first. */
export type ReadActions = (wanted: ActionsWanted) => Promise<LoggedAction[]>

/**
 * Lists the actions of several services as one log, newest first by their ids, which follow the clocks of the processes that made them. Rejects
 * where one of them can't be asked, because a log with holes would look complete.
 */
export async function listAllAdminActions<Service extends string>(
  sources: readonly (readonly [Service, ReadActions])[],
  wanted: ActionsWanted,
): Promise<{ actions: ActionOfService<Service>[]; nextActionId: string | null }> {
  const pages = await Promise.all(
    sources.map(async ([service, read]) =>
      // One more than a page shows tells whether there is another.
      (await read({ ...wanted, limit: wanted.limit + 1 })).map((action) => ({ ...action, service })),
    ),
  )
  // UUIDs as lower-case text sort as the database sorts them.
  const merged = pages.flat().toSorted((a, b) => (a.actionId < b.actionId ? 1 : -1))
  const actions = merged.slice(0, wanted.limit)
  return { actions, nextActionId: merged.length > wanted.limit ? (actions.at(-1)?.actionId ?? null) : null }
}
