import { holdAnswer, takenSeats } from './answers.ts'
import { NoAnswer } from './api-client.ts'
import type { Answer } from './api-client.ts'
import { chooseSeats, availabilityOf } from './choose-seats.ts'
import type { MapSeat, SeatMap } from './choose-seats.ts'
import { VisitEnded } from './fan.ts'
import type { Fan } from './fan.ts'
import type { Rush } from './rush.ts'
import type { HoldRecord } from './history.ts'
import { MAP_LAG_MS } from './seat-maps.ts'
import type { z } from 'zod'

/** A limit on the load of one fan; real people give up long before. */
const TRIES_MAX = 60
/** For this long a seat that was refused is passed over: after that the map must show it as taken. */
const REFUSED_MS = 2 * MAP_LAG_MS
const LOOK_AGAIN_MS = 2_000
const LOOK_AGAIN_MAX_MS = 10_000

/** Tries to hold seats until it succeeds. Throws VisitEnded where all are sold or the fan has no patience left. */
export async function holdSeats(rush: Rush, fan: Fan): Promise<HoldRecord> {
  const refused = new Map<number, number>()
  let etag: string | undefined
  let tries = 0
  let idleLooks = 0
  let patientUntil = Date.now() + rush.options.patienceSeconds * 1_000
  while (tries < TRIES_MAX) {
    const seen = await rush.seatMaps.read(fan, etag)
    etag = seen.etag
    const state = availabilityOf(seen.map)
    if (state === 'sold-out') throw new VisitEnded('sold out')
    if (state === 'held') {
      // The seats that are held may become free: a hold runs out, or its owner can't pay.
      if (Date.now() >= patientUntil) throw new VisitEnded('lost patience')
      const ms = Math.min(LOOK_AGAIN_MAX_MS, LOOK_AGAIN_MS * 1.5 ** idleLooks)
      idleLooks += 1
      await rush.shopping.pause(ms * fan.random.between(0.8, 1.2))
      continue
    }
    await fan.think()
    tries += 1
    const hold = await tryHold(rush, fan, seen.map, refused)
    if (hold !== undefined) return hold
    idleLooks = 0
    patientUntil = Date.now() + rush.options.patienceSeconds * 1_000
    await fan.think()
  }
  throw new VisitEnded('lost patience')
}

async function tryHold(
  rush: Rush,
  fan: Fan,
  map: SeatMap,
  refused: Map<number, number>,
): Promise<HoldRecord | undefined> {
  for (const [seatId, at] of refused) if (at + REFUSED_MS < Date.now()) refused.delete(seatId)
  const chosen = chooseSeats(map, fan.profile.seatsWanted, fan.random, new Set(refused.keys()))
  if (chosen.length === 0) return undefined
  const { scheduleId } = rush.sale
  const seatIds = chosen.map((seat) => seat.seatId)
  const body = fan.profile.bestAvailable ? { scheduleId, quantity: chosen.length } : { scheduleId, seatIds }
  const answer = await askForHold(fan, body)
  if (answer.kind === 'ok') return recordHold(rush, fan, answer, chosen)
  if (fan.acceptRefusal('hold', answer) !== 'SEAT_TAKEN') throw new VisitEnded('too late')
  const taken = takenSeats.safeParse(answer.refusal.details)
  for (const seatId of taken.success ? taken.data.seatIds : seatIds) refused.set(seatId, Date.now())
  return undefined
}

type HoldAnswer = Answer<z.output<typeof holdAnswer>>

async function askForHold(fan: Fan, body: object): Promise<HoldAnswer> {
  const idempotencyKey = fan.newIdempotencyKey('hold')
  try {
    return await fan.ask(
      { step: 'hold', method: 'POST', path: '/reservations', body, idempotencyKey, schema: holdAnswer },
      'admitted',
    )
  } catch (error) {
    if (error instanceof NoAnswer) fan.record.holdUncertain = true
    throw error
  }
}

function recordHold(
  rush: Rush,
  fan: Fan,
  answer: Extract<HoldAnswer, { kind: 'ok' }>,
  chosen: readonly MapSeat[],
): HoldRecord {
  const { data } = answer
  const hold: HoldRecord = {
    reservationId: data.reservationId,
    seatIds: data.seats,
    amount: data.totalAmount,
    heldAt: answer.answeredAt,
    expiresAt: data.expiresAt,
    releasedAt: undefined,
    confirmedAt: undefined,
  }
  fan.record.holds.push(hold)
  fan.holdExpiresAt = hold.expiresAt
  fan.tokenExpiresAt = Math.max(fan.tokenExpiresAt ?? 0, hold.expiresAt)
  rush.measurements.count.holds += 1
  rush.measurements.now.held += hold.seatIds.length
  const problem = holdProblem(hold, chosen, fan.profile.bestAvailable)
  if (problem !== undefined) {
    fan.reportUnexpected('hold', 'WRONG_ANSWER', problem)
    throw new VisitEnded('failed')
  }
  return hold
}

/** Says how a successful hold differs from what was asked for; undefined where it is right. */
export function holdProblem(
  hold: Pick<HoldRecord, 'seatIds' | 'amount'>,
  chosen: readonly MapSeat[],
  bestAvailable: boolean,
): string | undefined {
  if (new Set(hold.seatIds).size !== chosen.length) {
    return `asked for ${chosen.length} seats, was given ${hold.seatIds.join(', ')}`
  }
  if (bestAvailable) return undefined
  const other = hold.seatIds.filter((seatId) => !chosen.some((seat) => seat.seatId === seatId))
  if (other.length > 0) return `was given seats that were not asked for: ${other.join(', ')}`
  const price = chosen.reduce((sum, seat) => sum + seat.price, 0)
  return hold.amount === price ? undefined : `seats of ${price} cost ${hold.amount}`
}
