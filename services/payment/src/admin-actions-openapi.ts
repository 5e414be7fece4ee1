import { defineRoute } from '@frontrow/service-host/route'
import { userId } from '@frontrow/values/ids'
import { limitTo, uuidCursor } from '@frontrow/values/page'
import { ROLES } from '@frontrow/values/roles'
import { z } from 'zod'

/** The services that keep a log of what admins did. */
export const loggingServices = ['queue', 'catalog', 'reservation', 'payment', 'wallet'] as const

const service = z.enum(loggingServices).meta({ example: 'wallet' })

const adminAction = z.object({
  actionId: z.uuid(),
  service,
  adminId: z.string().meta({ description: 'The subject of the token.', example: '1' }),
  role: z.enum(ROLES).meta({
    description: 'The role by which it was allowed: `admin`, or one that the route names.',
    example: 'finance',
  }),
  operation: z
    .string()
    .meta({ description: 'The route, by its `operationId` here.', example: 'adjustWallet' }),
  method: z.string().meta({ example: 'POST' }),
  path: z.string().meta({ example: '/api/v1/admin/wallets/101/adjustments' }),
  body: z.unknown().meta({
    description: 'As it was sent; secrets are `[hidden]`. Null where there was none.',
    example: { amount: -5_000, reason: 'Points of ticket 2027-118 were given twice' },
  }),
  requestId: z.string().meta({ description: 'Its `X-Request-Id`, as logs have it.' }),
  outcome: z.string().nullable().meta({
    description:
      '`DONE`; `REPLAYED`: the answer of an earlier action was given again; or the code of the refusal. Null: it is at work, or its process died before it had answered.',
    example: 'DONE',
  }),
  status: z.int().nullable().meta({ description: 'Of the answer; null where none was given.', example: 201 }),
  beganAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
})

export const listAdminActionsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/actions',
  operationId: 'listAdminActions',
  tag: 'Admin',
  summary: 'What admins did, newest first',
  description:
    'Every write by the role admin, or by one that the route names, at every service, refused ones too; input that breaks a rule of its schema is refused before. The log is kept for good and nobody can change it by the API.',
  auth: 'admin',
  roles: ['finance'],
  query: z.object({
    service: service
      .optional()
      .meta({ description: 'Only of this service; all of them where it is left out.' }),
    adminId: userId.optional().meta({ description: 'Only of this person.', example: '1' }),
    path: z
      .string()
      .regex(/^\/[^?#]{0,499}$/, 'must be a path')
      .transform((given) => given.replace(/\/$/, ''))
      .optional()
      .meta({ description: 'Only writes to this path or below it.', example: '/api/v1/admin/wallets/101' }),
    cursor: uuidCursor.optional(),
    limit: limitTo(50),
  }),
  responses: {
    200: {
      description: 'One page.',
      schema: z.object({ items: z.array(adminAction), nextCursor: z.string().nullable() }),
    },
  },
  refusals: ['UNAVAILABLE', 'TIMEOUT'],
})
