import { z } from 'zod'
import type { ApiClient } from './api-client.ts'
import { askAdmin } from './on-sale.ts'
import type { OnSale } from './on-sale.ts'
import type { Check } from './check-history.ts'
import type { FinalFacts, History } from './history.ts'

/** How long thousands of refunds may take: a broker or a service may have to come back first. */
const END_MS = 180_000
const PAUSE_MS = 1_000

const count = z.number().int().nonnegative()
const scheduleAnswer = z.object({
  status: z.enum(['ON_SALE', 'CLOSED', 'CANCELLED']),
  cancellation: z
    .object({ reservations: count, cancelled: count, refundsPending: count, refunded: count })
    .nullable(),
})

/** How far the cancellation of a show is, as an admin is told; null where nobody could say. */
export type Cancellation = z.output<typeof scheduleAnswer>['cancellation']

/** Cancels the show as an admin does, and waits until its last refund is made or END_MS have passed. */
export async function cancelShow(
  api: ApiClient,
  admin: string,
  { scheduleId }: OnSale,
  pause: (ms: number) => Promise<void>,
): Promise<Cancellation> {
  const path = `/admin/schedules/${scheduleId}`
  await askAdmin(api, admin, { method: 'PATCH', path, body: { status: 'CANCELLED' }, schema: z.unknown() })
  const until = Date.now() + END_MS
  for (;;) {
    const { cancellation } = await askAdmin(api, admin, { method: 'GET', path, schema: scheduleAnswer })
    if (hasEnded(cancellation) || Date.now() > until) return cancellation
    await pause(PAUSE_MS)
  }
}

function hasEnded(cancellation: Cancellation): boolean {
  if (cancellation === null) return false
  const { reservations, cancelled, refundsPending } = cancellation
  return cancelled === reservations && refundsPending === 0
}

/** After a cancelled show nobody has a seat, and everybody has their money. `sold` is what was so before it was cancelled. */
export function checkCancelledShow(
  history: History,
  sold: FinalFacts,
  facts: FinalFacts,
  cancellation: Cancellation,
): Check[] {
  const bought = [...sold.payments].filter(([, { status }]) => status === 'APPROVED')
  const progress = hasEnded(cancellation) && (cancellation?.refunded ?? 0) >= bought.length
  return [
    {
      name: 'the cancellation says that it has ended, with every refund in it',
      checked: bought.length,
      violations: progress
        ? []
        : [`${bought.length} had been sold, and it says ${JSON.stringify(cancellation)}`],
    },
    {
      name: 'nobody has a seat of a cancelled show',
      checked: facts.reservations.size,
      violations: [...facts.reservations]
        .filter(([, status]) => status !== 'CANCELLED' && status !== 'EXPIRED')
        .map(([reservationId, status]) => `reservation ${reservationId} is ${status}`),
    },
    {
      name: 'everybody who paid for a cancelled show is REFUNDED',
      checked: facts.payments.size,
      violations: history.fans.flatMap((fan) =>
        fan.payments.flatMap(({ paymentId, approved }) => {
          const status = facts.payments.get(paymentId)?.status ?? 'MISSING'
          const isOver = status === 'REFUNDED' || (status === 'FAILED' && !approved)
          return isOver ? [] : [`payment ${paymentId} of ${fan.userId} is ${status}`]
        }),
      ),
    },
  ]
}
