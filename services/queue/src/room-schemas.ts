import { pathId } from '@frontrow/values/ids'
import { z } from 'zod'

/** The path of whatever is about one schedule's room. */
export const scheduleParams = z.object({ scheduleId: pathId })

/** What everybody may know of a room. */
export const room = z.object({
  scheduleId: z.int(),
  maxActive: z.int().nullable().meta({ description: 'null: the waiting room is off.' }),
  admitPerSecond: z.int(),
  paused: z.boolean(),
  waiting: z.int(),
  active: z.int(),
  nowServing: z.int(),
  admittedPerMinute: z.int(),
  serverTime: z.iso.datetime(),
})

/** How a body can be refused before it is looked at. */
export const bodyRefusals = ['UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE']
