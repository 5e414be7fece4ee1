import {
  namesSomething,
  replayHeader,
  writeHeaders,
  writeRefusals,
} from '@frontrow/idempotency/write-headers'
import { admitPerSecond, maxActive } from '@frontrow/proto/values'
import { defineRoute } from '@frontrow/service-host/route'
import type { RouteSpec } from '@frontrow/service-host/route'
import { z } from 'zod'
import { bodyRefusals, room, scheduleParams } from './room-schemas.ts'

const watchedRoom = room.extend({
  admitted: z
    .int()
    .nullable()
    .meta({
      description: [
        'Admissions since the room was made. Two readings and the seconds between their `serverTime`s give admissions a second.',
        'null while they are not counted yet, which the first looks at a room with a long log may find, or while the database is away.',
      ].join(' '),
      example: 4_120,
    }),
  estimates: z
    .object({
      samples: z.int(),
      medianPredictedSeconds: z.number().nullable(),
      medianActualSeconds: z.number().nullable(),
      closeShare: z.number().nullable().meta({
        description: 'Share of the samples that waited within a quarter (or 5 s) of what they were told.',
      }),
    })
    .meta({
      description: 'Of the newest 200 of a sample: the wait told at the join, and the wait that came of it.',
    }),
})

export const watchRoomRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/queues/{scheduleId}',
  operationId: 'getWaitingRoom',
  tag: 'admin',
  summary: 'Watch one waiting room',
  auth: 'admin',
  roles: ['operator'],
  params: scheduleParams,
  responses: { 200: { description: 'The room.', schema: watchedRoom } },
  refusals: ['SCHEDULE_NOT_FOUND', 'UNAVAILABLE'],
})

export const steerRoomRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/admin/queues/{scheduleId}',
  operationId: 'steerWaitingRoom',
  tag: 'admin',
  summary: 'Steer one waiting room while it runs',
  description:
    'What is left out stays. It holds from the next admission on; who is ACTIVE already stays so. The answer has the new limits, and the counts of the moment before.',
  auth: 'admin',
  roles: ['operator'],
  params: scheduleParams,
  headers: writeHeaders,
  body: z
    .strictObject({
      maxActive: maxActive
        .nullable()
        .optional()
        .meta({ description: 'null turns the waiting room off: who joins is in.' }),
      admitPerSecond: admitPerSecond.optional(),
      paused: z.boolean().optional(),
    })
    .refine((change) => Object.values(change).some((value) => value !== undefined), {
      message: 'name at least one of maxActive, admitPerSecond and paused',
    })
    .meta(namesSomething),
  examples: {
    Slower: { maxActive: 100, admitPerSecond: 5 },
    Pause: { paused: true },
    'Go on': { paused: false },
  },
  responses: {
    200: { description: 'The room with its new limits.', headers: replayHeader, schema: watchedRoom },
  },
  refusals: ['SCHEDULE_NOT_FOUND', 'UNAVAILABLE', ...writeRefusals, ...bodyRefusals],
})

/** What operators do with a room. */
export const adminRoutes: readonly RouteSpec[] = [watchRoomRoute, steerRoomRoute]
