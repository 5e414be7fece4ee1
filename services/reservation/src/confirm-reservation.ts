import { claim } from '@frontrow/messaging/inbox'
import { enqueue } from '@frontrow/messaging/outbox'
import type { Tx } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import type {
  ConfirmReservation,
  ReservationConfirmed,
  ReservationConfirmRefused,
} from '@frontrow/proto/events'
import { uuidv7 } from 'uuidv7'
import type { z } from 'zod'
import type { Context } from './context.ts'
import { decideConfirmation } from './decide-confirmation.ts'
import { lockForChange } from './lock-for-change.ts'
import type { LockedReservation } from './lock-for-change.ts'
import { replyMessage } from './reservation-messages.ts'
import { factsOf } from './reservation.ts'
import { isScheduleCancelled } from './sql/cancelled-schedules.ts'
import { findReply, insertReply } from './sql/confirm-replies.ts'
import type { ConfirmReply } from './sql/confirm-replies.ts'
import { markConfirmed } from './sql/reservations.ts'
import { lockUserSeatsOf, moveDeadline } from './sql/seat-holds.ts'

/** The purchase saga's command, as it comes over Kafka. */
export type ConfirmCommand = z.output<typeof ConfirmReservation>

interface Outcome {
  reply: ConfirmReply
  locked: LockedReservation | undefined
  isRepeat: boolean
}

/**
 * Sells the held seats to a payment, or refuses with a reason. Each payment gets one reply, which is stored with its
 * message id. A repeated command, under the same id or another, is answered with that same message.
 */
export async function confirmReservation(
  ctx: Context,
  command: ConfirmCommand,
  message: { id: string; type: string },
): Promise<void> {
  const { reservationId, paymentId } = command
  const { reply, locked, isRepeat } = await inTransaction(ctx.pool, async (tx): Promise<Outcome> => {
    await claim(tx, [message])
    // Without this lock a hold by the same user could count these seats as lapsed while they are being sold, and two confirmations
    // at once would each count the other hold as live.
    await lockUserSeatsOf(tx, reservationId)
    const lockedReservation = await lockForChange(tx, reservationId)
    const stored = await findReply(tx, paymentId)
    const answer = stored ?? (await decide(tx, command, lockedReservation))
    await enqueue(tx, ctx.relay, [replyMessage(answer)])
    return { reply: answer, locked: lockedReservation, isRepeat: stored !== undefined }
  })
  if (isRepeat) return
  if (reply.type === 'ReservationConfirmed' && locked !== undefined) {
    ctx.counters.confirmed(factsOf(locked.reservation))
  } else {
    ctx.counters.confirmRefused(reservationId, paymentId, reasonOf(reply))
  }
}

async function decide(
  tx: Tx,
  command: ConfirmCommand,
  locked: LockedReservation | undefined,
): Promise<ConfirmReply> {
  const { reservationId, paymentId } = command
  const isCancelled = locked !== undefined && (await isScheduleCancelled(tx, locked.reservation.scheduleId))
  const decision = decideConfirmation(command, locked, isCancelled)
  let reply: ConfirmReply
  if (decision.kind === 'refuse') {
    const payload: z.input<typeof ReservationConfirmRefused> = {
      paymentId,
      reservationId,
      reason: decision.reason,
    }
    reply = { messageId: uuidv7(), reservationId, type: 'ReservationConfirmRefused', payload }
  } else {
    const queuePlace = await markConfirmed(tx, reservationId, paymentId)
    await moveDeadline(tx, reservationId, null)
    const payload: z.input<typeof ReservationConfirmed> = { ...decision.payload, queuePlace }
    reply = { messageId: uuidv7(), reservationId, type: 'ReservationConfirmed', payload }
  }
  await insertReply(tx, paymentId, reply)
  return reply
}

function reasonOf(reply: ConfirmReply): string {
  return 'reason' in reply.payload ? String(reply.payload.reason) : 'unknown'
}
