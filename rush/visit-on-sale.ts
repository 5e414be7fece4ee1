import { NoAnswer } from './api-client.ts'
import { VisitEnded } from './fan.ts'
import type { Fan, Rush } from './fan.ts'
import { cancelPaidReservation, releaseHold } from './cancel-reservation.ts'
import { holdSeats } from './hold-seats.ts'
import type { HoldRecord, PaymentRecord } from './history.ts'
import type { Ending } from './measurements.ts'
import { chargeUpTo, pay } from './pay.ts'
import { PausesEnded } from './pauses.ts'
import { leaveRoom, waitInLine } from './wait-in-line.ts'

/** One fan from arrival to whatever becomes of them. Rejects only where this program is at fault. */
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

// What a page does when it is closed. The others keep their place until it runs out, and those behind them wait for it.
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

/** Pays, and pays another way where that failed and the fan can. Gives the seats back, or forgets them, where not. */
async function buy(rush: Rush, fan: Fan, hold: HoldRecord): Promise<PaymentRecord | undefined> {
  const { profile } = fan
  // The broke may have something, but not enough.
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
