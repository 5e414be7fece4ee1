import { replayHeader, writeHeaders, writeRefusals } from '@frontrow/idempotency/write-headers'
import { defineRoute } from '@frontrow/service-host/route'
import { uuid } from '@frontrow/values/ids'
import { limit, uuidCursor } from '@frontrow/values/page'
import { time } from '@frontrow/values/time'
import { z } from 'zod'
import { noticeKinds, noticeStatuses } from './sql/notices.ts'

const ID = '01932c07-b1d2-7a3b-8c4d-5e6f70819203'

const notice = z.object({
  noticeId: z.uuid().meta({ description: 'The first part of the Message-ID.', example: ID }),
  eventId: z.uuid().meta({ description: 'The event that it tells of.', example: ID }),
  kind: z.enum(noticeKinds),
  userId: z.string().meta({ example: '101' }),
  reservationId: z.uuid().meta({ example: ID }),
  paymentId: z.uuid().nullable().meta({ example: ID }),
  status: z.enum(noticeStatuses).meta({
    description: 'SKIPPED: when it was due there was nothing to tell any more. FAILED: parked for a person.',
  }),
  attempts: z.int().meta({ example: 1 }),
  nextAttemptAt: time.nullable(),
  lastError: z.string().nullable(),
  createdAt: time,
  endedAt: time.nullable(),
})

export const listNoticesRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/notices',
  operationId: 'listNotices',
  tag: 'admin',
  summary: 'Mails and what became of them, newest first',
  description:
    'A mail that the mail server refused for good, or that could not be sent for hours, is FAILED. Kept for 30 days by default.',
  auth: 'admin',
  query: z.object({ cursor: uuidCursor.optional(), limit, status: z.enum(noticeStatuses).optional() }),
  responses: {
    200: {
      description: 'A page.',
      schema: z.object({ items: z.array(notice), nextCursor: z.string().nullable() }),
    },
  },
  refusals: [],
})

export const retryNoticeRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/notices/{noticeId}/retry',
  operationId: 'retryNotice',
  tag: 'admin',
  summary: 'Try a mail again that FAILED',
  description: "It goes to the address that the user's latest payment named.",
  auth: 'admin',
  params: z.object({ noticeId: uuid }),
  headers: writeHeaders,
  responses: { 200: { description: 'Waits to be sent.', headers: replayHeader, schema: notice } },
  refusals: ['NOTICE_NOT_FOUND', 'NOTICE_NOT_FAILED', ...writeRefusals],
})

/** The routes of notices, for the API reference. */
export const noticeRoutes = [listNoticesRoute, retryNoticeRoute]
