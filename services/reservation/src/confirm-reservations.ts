import type { Claimed } from '@frontrow/messaging/inbox'
import { enqueue } from '@frontrow/messaging/outbox'
import type { Tx } from '@frontrow/postgres/pool'
import { onCommit, together } from '@frontrow/postgres/transaction'
import type {
  ConfirmReservation,
  ReservationConfirmed,
  ReservationConfirmRefused,
} from '@frontrow/proto/events'
import { runWithTrace } from '@frontrow/trace-context/trace-context'
import { uuidv7 } from 'uuidv7'
import type { z } from 'zod'
import type { Context } from './context.ts'
import { decideConfirmation } from './decide-confirmation.ts'
import type { Confirmation } from './decide-confirmation.ts'
import { replyMessage } from './reservation-messages.ts'
import type { QueuePlaceWithHolds } from './reservation.ts'
import { lockReservations, readMet, saveConfirmations } from './sql/confirmations.ts'
import type { ConfirmReply, Met } from './sql/confirmations.ts'
import { lockSeatsOf, lockUserSeatsOf } from './sql/seat-holds.ts'

/** The purchase saga's command, as it comes over Kafka. */
export type ConfirmCommand = z.output<typeof ConfirmReservation>

/** A command, and what it meets once all locks are had. */
interface LoadedCommand extends Met {
  message: Claimed<ConfirmCommand>
  hasItsSeats: boolean
}

type Answer = { message: Claimed<ConfirmCommand>; reply: ConfirmReply } & (
  { isRepeat: true } | { isRepeat: false; decision: Confirmation }
)

/**
 * Sells the held seats to payments, or refuses with a reason, as if the commands came one after the other. Each payment gets one
 * reply, which is stored with its message id. A repeated command, under the same id or another, is answered with that same
 * message. `alsoLock` are reservations that the transaction changes afterwards: all of a transaction are locked in one order.
 */
export async function confirmReservations(
  ctx: Context,
  tx: Tx,
  messages: readonly Claimed<ConfirmCommand>[],
  alsoLock: readonly string[],
): Promise<void> {
  if (messages.length === 0) return
  const answers = answerInOrder(await lockAndLoad(tx, messages, alsoLock))
  const decided = answers.filter((answer) => !answer.isRepeat)
  await together([
    saveConfirmations(
      tx,
      decided.filter(({ decision }) => decision.kind === 'confirm').map(({ message }) => message.content),
      decided.map(({ message, reply }) => ({ ...reply, paymentId: message.content.paymentId })),
    ),
    enqueue(
      tx,
      ctx.relay,
      answers.map(({ message, reply }) => ({ ...replyMessage(reply), trace: message.trace })),
    ),
  ])
  onCommit(tx, () => {
    for (const { message, decision } of decided) {
      runWithTrace(message.trace, () => count(ctx, message.content, decision))
    }
  })
}

/** The statements are not awaited one by one: they go to the server in one piece, and it takes the locks in this order. */
async function lockAndLoad(
  tx: Tx,
  messages: readonly Claimed<ConfirmCommand>[],
  alsoLock: readonly string[],
): Promise<LoadedCommand[]> {
  const reservationIds = messages.map(({ content }) => content.reservationId)
  const [, seatCounts, , met] = await together([
    // Without this lock a hold by the same user could count these seats as lapsed while they are being sold, and two
    // confirmations at once would each count the other hold as live.
    lockUserSeatsOf(tx, reservationIds),
    lockSeatsOf(tx, reservationIds),
    lockReservations(tx, [...reservationIds, ...alsoLock]),
    readMet(
      tx,
      messages.map(({ content }) => content),
    ),
  ])
  return messages.map((message, index) => {
    const one = met[index]
    if (one === undefined) throw new Error('a command was not looked up')
    const { reservation } = one
    const hasItsSeats =
      reservation !== null && seatCounts.get(reservation.reservationId) === reservation.seats.length
    return { ...one, message, hasItsSeats }
  })
}

/** Decides one command after the other; what was decided of a reservation, a payment or a place counts for those that follow. */
function answerInOrder(commands: readonly LoadedCommand[]): Answer[] {
  const sold = new Set<string>()
  const replies = new Map<string, ConfirmReply>()
  return commands.map((command) => {
    const { message, reservation } = command
    const { paymentId } = message.content
    const stored = command.reply ?? replies.get(paymentId)
    if (stored !== undefined) return { message, reply: stored, isRepeat: true }
    const decision = decide(command, sold)
    const reply = replyOf(command, decision, sold)
    replies.set(paymentId, reply)
    if (decision.kind === 'confirm' && reservation !== null) sold.add(reservation.reservationId)
    return { message, reply, isRepeat: false, decision }
  })
}

function decide(command: LoadedCommand, sold: ReadonlySet<string>): Confirmation {
  const { message, reservation, hasItsSeats, isScheduleCancelled } = command
  if (reservation === null) return decideConfirmation(message.content, undefined, isScheduleCancelled)
  const status = sold.has(reservation.reservationId) ? 'CONFIRMED' : reservation.status
  const locked = { reservation: { ...reservation, status }, hasItsSeats }
  return decideConfirmation(message.content, locked, isScheduleCancelled)
}

function replyOf(command: LoadedCommand, decision: Confirmation, sold: ReadonlySet<string>): ConfirmReply {
  const { paymentId, reservationId } = command.message.content
  const messageId = uuidv7()
  if (decision.kind === 'refuse') {
    const { reason } = decision
    const payload: z.input<typeof ReservationConfirmRefused> = { paymentId, reservationId, reason }
    return { messageId, reservationId, type: 'ReservationConfirmRefused', payload }
  }
  const queuePlace = queuePlaceOf(command, sold)
  const payload: z.input<typeof ReservationConfirmed> = { ...decision.payload, queuePlace }
  return { messageId, reservationId, type: 'ReservationConfirmed', payload }
}

/** The count is exact, because holds, refreshes and confirmations of one user take turns (sql/seat-holds.ts). */
function queuePlaceOf(
  { reservation, otherLiveHolds }: Met,
  sold: ReadonlySet<string>,
): QueuePlaceWithHolds | null {
  if (reservation === null || reservation.queueSequence === null) return null
  const left = otherLiveHolds.filter((reservationId) => !sold.has(reservationId))
  return { sequence: reservation.queueSequence, liveHoldsLeft: left.length }
}

function count(ctx: Context, command: ConfirmCommand, decision: Confirmation): void {
  if (decision.kind === 'confirm') ctx.counters.confirmed(decision.payload)
  else ctx.counters.confirmRefused(command.reservationId, command.paymentId, decision.reason)
}
