import type { NextAction } from '@frontrow/card-provider/card-provider'
import type { Context } from './context.ts'
import { findOpenCapture } from './sql/card-captures.ts'
import type { Payment } from './sql/payments.ts'

/** What a payment by card that is PENDING waits for. */
export interface CardProgress {
  /** What its owner has to do, and until when. */
  nextAction: (NextAction & { until: Date }) | null
  /** How long its capture is expected to take from now on; null where that is its owner's to say, or there is nothing to capture. */
  captureMs: number | null
}

const NOTHING: CardProgress = { nextAction: null, captureMs: null }

/** Finds out what a payment waits for. One that is not by card, or not PENDING, waits for nothing. */
export async function findCardProgress(
  ctx: Pick<Context, 'pool' | 'cardSlots'>,
  { paymentId, paymentMethod, status }: Payment,
): Promise<CardProgress> {
  if (paymentMethod !== 'CARD' || status !== 'PENDING') return NOTHING
  const open = await findOpenCapture(ctx.pool, paymentId)
  if (open === undefined) return NOTHING
  const { nextAction, waitsUntil, dueInMs } = open
  if (nextAction !== null && waitsUntil !== null) {
    return { nextAction: { ...nextAction, until: waitsUntil }, captureMs: null }
  }
  return { nextAction: null, captureMs: dueInMs + ctx.cardSlots.expectedMs() }
}
