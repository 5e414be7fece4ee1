import { continueTrace } from '@frontrow/trace-context/trace-context'
import { uuidv7 } from 'uuidv7'
import type { ConfirmCommand } from '../src/confirm-reservations.ts'
import type { Context } from '../src/context.ts'
import { messageHandlers } from '../src/messages.ts'
import type { ReservationMessage } from '../src/messages.ts'

/** A ConfirmReservation with the id of its message. */
export type SentCommand = ConfirmCommand & { id: string }

/** Hands messages over in one batch, as the consumer does. The request id of each one's trace is its message id. */
export async function handOverMany(
  ctx: Context,
  messages: readonly { id: string; content: ReservationMessage }[],
): Promise<void> {
  await messageHandlers(ctx, { wake: () => undefined }).handleMany(
    messages.map(({ id, content }) => ({
      id,
      type: content.kind,
      trace: continueTrace({ requestId: id }),
      content,
    })),
  )
}

/** Hands ConfirmReservation commands over in one batch; those without a message id get a new one. */
export async function confirmMany(
  ctx: Context,
  commands: readonly (ConfirmCommand & { id?: string })[],
): Promise<void> {
  await handOverMany(
    ctx,
    commands.map(({ id = uuidv7(), ...command }) => ({ id, content: { kind: 'confirm', command } })),
  )
}
