import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { HttpServer } from '@frontrow/service-host/http-server'
import type { Queryable } from '@frontrow/postgres/pool'
import { getMoneyRoute } from './money-openapi.ts'
import { sumMoney } from './sql/money.ts'
import type { Money } from './sql/money.ts'

/** What the route works with. */
export interface MoneyContext {
  pool: Queryable
  /** Refuses with SCHEDULE_NOT_FOUND. */
  getSchedule: (request: { scheduleId: number }) => Promise<unknown>
}

const FRESH_MS = 1_000
const SCHEDULES_MAX = 1_000

/** Adds the route that tells the money of a schedule, which is added up once a second for however many ask. */
export function addMoneyRoute(http: HttpServer, ctx: MoneyContext): void {
  const sums = new CoalescedCache({
    load: (scheduleId: number) => readMoney(ctx, scheduleId),
    freshMs: FRESH_MS,
    max: SCHEDULES_MAX,
  })
  http.handle(getMoneyRoute, async ({ params: { scheduleId } }) => {
    const data = toMoneyJson(scheduleId, await sums.get(scheduleId))
    return { status: 200, data, headers: { 'Cache-Control': 'no-store' } }
  })
}

/** A schedule that nobody has paid for is looked up, so that a wrong number is SCHEDULE_NOT_FOUND. */
async function readMoney({ pool, getSchedule }: MoneyContext, scheduleId: number): Promise<Money> {
  const money = await sumMoney(pool, scheduleId)
  if (money.payments === 0) await getSchedule({ scheduleId })
  return money
}

function toMoneyJson(scheduleId: number, money: Money): object {
  const { taken, refunded, pendingPayments, pendingAmount, heldPayments, heldAmount, heldSeconds } = money
  return {
    scheduleId,
    taken,
    refunded,
    pending: { payments: pendingPayments, amount: pendingAmount },
    withoutTicket: { payments: heldPayments, amount: heldAmount, oldestSeconds: heldSeconds },
    serverTime: money.countedAt.toISOString(),
  }
}
