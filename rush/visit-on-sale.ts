import { NoAnswer } from './api-client.ts'
import { VisitEnded } from './fan.ts'
import type { Fan } from './fan.ts'
import type { Rush } from './rush.ts'
import { cancelPaidReservation, releaseHold } from './cancel-reservation.ts'
import { holdSeats } from './hold-seats.ts'
import type { HoldRecord, PaymentRecord } from './history.ts'
import type { Ending } from './measurements.ts'
import { chargeUpTo } from './charge.ts'
import { pay } from './pay.ts'
import { PausesEnded } from './pauses.ts'
import { leaveRoom, waitInLine } from './wait-in-line.ts'

/** Takes one fan from arrival to the end of the visit, and counts how it ended. Rejects only where this program has a defect. */
export async function visitOnSale(rush: Rush, fan: Fan): Promise<void> {
  const { measurements } = rush
  measurements.count.arrived += 1
  let ending: Ending
  try {
    ending = await goThroughSale(rush, fan)
  } catch (error) {
    if (error instanceof VisitEnded) ending = error.ending
    else if (error instanceof NoAnswer) ending = 'failed'
    else if (error instanceof PausesEnded) ending = 'too late'
    else throw error
  } finally {
    fan.moveTo('outside')
  }
  measurements.countEnding(ending)
}

async function goThroughSale(rush: Rush, fan: Fan): Promise<Ending> {
  const { profile } = fan
  if (profile.chargesEarly) await chargeUpTo(rush, fan, profile.seatsWanted * rush.sale.dearest)
  const joinedAt = performance.now()
  await waitInLine(rush, fan)
  const hold = await holdOrLeave(rush, fan)
  if (profile.afterHolding === 'let-it-run-out') return 'walked away'
  await fan.think()
  if (profile.afterHolding === 'release') {
    await releaseHold(rush, fan, hold)
    return 'walked away'
  }
  const payment = await buy(rush, fan, hold)
  if (payment === undefined) return 'could not pay'
  rush.measurements.addLatency('join to confirmed', performance.now() - joinedAt)
  countSold(rush, hold)
  if (!profile.cancelsAfterPaying) return 'bought'
  await cancelPaidReservation(rush, fan, hold, payment)
  return 'refunded'
}

// A page that is closed leaves the line. The other fans keep their place until it expires, so that those behind them wait.
const LEAVES_WHEN_DONE = 0.8

async function holdOrLeave(rush: Rush, fan: Fan): Promise<HoldRecord> {
  try {
    return await holdSeats(rush, fan)
  } catch (error) {
    const isDone =
      error instanceof VisitEnded && (error.ending === 'sold out' || error.ending === 'lost patience')
    if (isDone && fan.random.chance(LEAVES_WHEN_DONE)) await leaveRoom(fan)
    throw error
  }
}

/** Pays, and tries once more from the wallet where the fan can. A fan who could not pay cancels the hold or lets it expire. */
async function buy(rush: Rush, fan: Fan, hold: HoldRecord): Promise<PaymentRecord | undefined> {
  const { profile } = fan
  // A fan who is broke charges too little or nothing, so that paying from the wallet is refused.
  if (profile.payBy === 'BALANCE' && !profile.isBroke) await chargeUpTo(rush, fan, hold.amount)
  else if (profile.isBroke && profile.triesAgain) await chargeUpTo(rush, fan, 1_000)
  const payment = await pay(rush, fan, hold, profile.payBy)
  if (payment !== undefined) return payment
  if (profile.triesAgain) {
    await fan.think()
    await chargeUpTo(rush, fan, hold.amount)
    return pay(rush, fan, hold, 'BALANCE')
  }
  if (fan.random.chance(0.5)) await releaseHold(rush, fan, hold)
  return undefined
}

function countSold(rush: Rush, hold: HoldRecord): void {
  const { measurements } = rush
  measurements.soldAt.push(Date.now())
  measurements.count.soldReservations += 1
  measurements.count.soldSeats += hold.seatIds.length
  measurements.now.held -= hold.seatIds.length
}
