import { defineRoute } from '@frontrow/service-host/route'
import { id, pathId } from '@frontrow/values/ids'
import { time } from '@frontrow/values/time'
import { z } from 'zod'
import { countedRefusals } from './refused-holds.ts'

const count = z.int().nonnegative()

/** GET /admin/schedules/{scheduleId}/sales */
export const getSalesRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/schedules/{scheduleId}/sales',
  operationId: 'getSales',
  tag: 'Reservations',
  summary: 'How a schedule sells: its seats, reservations and refused holds',
  description:
    'Counted once a second at most, by each instance, for however many ask; `serverTime` is the moment of the count. Refused holds are those of people who were let in. They are counted in memory and stored once a second, so their numbers are about right: what the last second refused may be missing, an instance that is killed loses its last second of them, and a job (`Prefer: respond-async`) that runs again after its instance was killed may count twice. All other numbers here are exact.',
  auth: 'admin',
  roles: ['operator', 'finance'],
  params: z.object({ scheduleId: pathId }),
  responses: {
    200: {
      description: 'As of `serverTime`',
      schema: z.object({
        scheduleId: id.meta({ example: 1 }),
        heldSeats: count.meta({ description: 'Seats that are held and not paid', example: 38 }),
        soldSeats: count.meta({ description: 'Seats of CONFIRMED reservations', example: 412 }),
        holds: count.meta({ description: 'Reservations that are holds now', example: 20 }),
        confirmed: count.meta({ description: 'Reservations that are paid', example: 215 }),
        cancelled: count.meta({ description: 'Reservations that were cancelled, paid or not', example: 4 }),
        expired: count.meta({ description: 'Holds that ran out', example: 31 }),
        refused: z.record(z.string(), count).meta({
          description: `Requests to hold that were refused, by code: ${countedRefusals.join(', ')}. A code without one is left out`,
          example: { SEAT_TAKEN: 1_904, SEAT_LIMIT_EXCEEDED: 12 },
        }),
        serverTime: time,
      }),
    },
  },
  refusals: ['SCHEDULE_NOT_FOUND'],
})
