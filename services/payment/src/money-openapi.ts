import { defineRoute } from '@frontrow/service-host/route'
import { id, pathId } from '@frontrow/values/ids'
import { time } from '@frontrow/values/time'
import { z } from 'zod'

const count = z.int().nonnegative()
const sum = z.int().nonnegative().meta({ description: 'In the smallest unit of the currency.' })

export const getMoneyRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/schedules/{scheduleId}/money',
  operationId: 'getMoney',
  tag: 'payment',
  summary: 'The money of a schedule: taken, given back, on its way',
  description:
    'Counted once a second at most, by each instance, for however many ask; `serverTime` is the moment of the count. `taken` less `refunded` is what is kept. It is what the sagas know: `GET /admin/audit` compares them with the wallets, the card provider and the reservations.',
  auth: 'admin',
  roles: ['finance'],
  params: z.object({ scheduleId: pathId }),
  responses: {
    200: {
      description: 'As of `serverTime`.',
      schema: z.object({
        scheduleId: id.meta({ example: 1 }),
        taken: sum.meta({
          description: 'All that buyers have paid, whatever became of it since.',
          example: 32_250_000,
        }),
        refunded: sum.meta({ description: 'What of it is back with them.', example: 600_000 }),
        pending: z
          .object({ payments: count.meta({ example: 3 }), amount: sum.meta({ example: 450_000 }) })
          .meta({ description: 'Payments that are PENDING; of some of them the money is taken already.' }),
        withoutTicket: z
          .object({
            payments: count.meta({ example: 1 }),
            amount: sum.meta({ example: 150_000 }),
            oldestSeconds: z.number().nonnegative().nullable().meta({
              description: 'How long the one that waits longest has done so; null where there is none.',
              example: 0.4,
            }),
          })
          .meta({
            description:
              'Payments whose money is taken, or may be, while their buyer has no ticket: on their way to it or back. Each is for a moment; one that stays is what to look after.',
          }),
        serverTime: time,
      }),
    },
  },
  refusals: ['SCHEDULE_NOT_FOUND'],
})
