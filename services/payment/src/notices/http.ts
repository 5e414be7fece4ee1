import { writeOnce } from '@frontrow/idempotency/write-once'
import type { Pool, Tx } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import type { HttpServer } from '@frontrow/service-host/http-server'
import { toCursor } from '@frontrow/values/page'
import { listNoticesRoute, retryNoticeRoute } from './openapi.ts'
import { listNotices, lockNotice, reviveNotice } from './sql/notice-log.ts'
import type { NoticeRow } from './sql/notice-log.ts'

/** What admins see of mails, and how they have a parked one tried again. */
export function addNoticeRoutes(http: Pick<HttpServer, 'handle'>, ctx: { pool: Pool }): void {
  http.handle(listNoticesRoute, async ({ query }) => {
    const { cursor: before, limit, status } = query
    const rows = await listNotices(ctx.pool, { before, status, limit: limit + 1 })
    const items = rows.slice(0, limit)
    const last = rows.length > limit ? items.at(-1) : undefined
    const nextCursor = last === undefined ? null : toCursor(last.noticeId)
    return { status: 200, data: { items: items.map(toJson), nextCursor } }
  })

  http.handle(retryNoticeRoute, ({ params, headers, caller }) => {
    const request = { operation: 'retryNotice', caller, key: headers['idempotency-key'], content: params }
    return writeOnce(ctx, request, async (tx) => ({
      status: 200,
      data: toJson(await retry(tx, params.noticeId)),
      headers: {},
    }))
  })
}

async function retry(tx: Tx, noticeId: string): Promise<NoticeRow> {
  const before = await lockNotice(tx, noticeId)
  if (before === undefined) throw refuse('NOTICE_NOT_FOUND', 'there is no such mail')
  if (before.status !== 'FAILED') throw refuse('NOTICE_NOT_FAILED', `the mail is ${before.status}`)
  return (await reviveNotice(tx, noticeId)) ?? before
}

function toJson({ dueAt, ...notice }: NoticeRow) {
  return { ...notice, nextAttemptAt: dueAt }
}
