import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { Context } from '../context.ts'
import { countSales } from '../sql/sales.ts'
import type { Sales } from '../sql/sales.ts'

const FRESH_MS = 1_000
const SCHEDULES_MAX = 1_000

/** Counts how a schedule sells, once a second for however many ask. Refuses with SCHEDULE_NOT_FOUND. */
export type GetSales = (scheduleId: number) => Promise<Sales>

/** Makes that function. */
export function createGetSales(ctx: Pick<Context, 'pool' | 'schedules'>): GetSales {
  const counted = new CoalescedCache({
    load: (scheduleId: number) => readSales(ctx, scheduleId),
    freshMs: FRESH_MS,
    max: SCHEDULES_MAX,
  })
  return (scheduleId) => counted.get(scheduleId)
}

/** A schedule of which nothing is known here is looked up, so that a wrong number is SCHEDULE_NOT_FOUND and not a show that nobody wants. */
async function readSales(
  { pool, schedules }: Pick<Context, 'pool' | 'schedules'>,
  scheduleId: number,
): Promise<Sales> {
  const sales = await countSales(pool, scheduleId)
  const { holds, confirmed, cancelled, expired, refused } = sales
  const isUnknown = holds + confirmed + cancelled + expired === 0 && Object.keys(refused).length === 0
  if (isUnknown) await schedules.schedule(scheduleId)
  return sales
}
