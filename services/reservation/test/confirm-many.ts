import { continueTrace } from '@frontrow/trace-context/trace-context'
import { uuidv7 } from 'uuidv7'
import type { ConfirmCommand } from '../src/confirm-reservations.ts'
import type { Context } from '../src/context.ts'
import { messageHandlers } from '../src/messages.ts'

/** Hands ConfirmReservation commands over in one batch, as the consumer does. */
export async function confirmMany(
  ctx: Context,
  commands: readonly (ConfirmCommand & { id?: string })[],
): Promise<void> {
  await messageHandlers(ctx).handleMany(
    commands.map(({ id = uuidv7(), ...command }) => ({
      id,
      type: 'ConfirmReservation',
      trace: continueTrace({ requestId: id }),
      content: { kind: 'confirm', command },
    })),
  )
}
