import type { Logger } from '@frontrow/service-host/logger'
import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { CaptureStatus, ChargeStatus } from './charges/decide-charge.ts'
import type { Command, Reply } from './decide-payment-movement.ts'
import type { MovementKind } from './journal.ts'

/** Counts and logs what happens to wallets. Call these after the commit, because what was rolled back did not happen. */
export interface WalletEvents {
  moved(movement: {
    userId: string
    kind: MovementKind
    amount: number
    transactionId: string
    /** Where a payment asked for it. */
    paymentId?: string
  }): void
  /** A charge has settled, or its money is on its way back. */
  chargeChanged(charge: {
    chargeId: string
    userId: string
    amount: number
    status: ChargeStatus
    captureStatus: CaptureStatus | null
    reason: string | null
  }): void
  refused(refusal: { userId: string; reason: string; amount: number }): void
  commandAnswered(answer: { paymentId: string; command: Command; reply: Reply; repeated: boolean }): void
  /** A transaction starts again, because another was quicker with a new wallet, payment or key. */
  collided(): void
}

/** Registers the business counters of this service. */
export function createEvents(registry: Registry, logger: Logger): WalletEvents {
  const registers = [registry]
  const movements = new Counter({
    name: 'wallet_movements_total',
    help: 'Movements posted to the ledger',
    labelNames: ['kind'] as const,
    registers,
  })
  const amounts = new Counter({
    name: 'wallet_moved_amount_total',
    help: 'Money moved, in the smallest unit of the currency',
    labelNames: ['kind'] as const,
    registers,
  })
  const refusals = new Counter({
    name: 'wallet_refusals_total',
    help: 'Movements that were refused',
    labelNames: ['reason'] as const,
    registers,
  })
  const charges = new Counter({
    name: 'wallet_charges_total',
    help: 'Charges that settled, and steps of giving back what was captured after a charge had failed',
    labelNames: ['status', 'capture'] as const,
    registers,
  })
  const commands = new Counter({
    name: 'wallet_commands_total',
    help: 'Commands of payments, by the reply; repeated: the same message was answered before',
    labelNames: ['command', 'reply', 'repeated'] as const,
    registers,
  })
  const collisions = new Counter({
    name: 'wallet_collisions_total',
    help: 'Transactions that found a wallet, payment or key to be new no more, and started again',
    registers,
  })
  return {
    moved(movement) {
      movements.inc({ kind: movement.kind })
      amounts.inc({ kind: movement.kind }, movement.amount)
      logger.info(movement, 'money moved')
    },
    chargeChanged(charge) {
      const { status, captureStatus } = charge
      charges.inc({ status, capture: captureStatus ?? '' })
      // Money that moved is logged as such.
      if (status !== 'CHARGED') logger.info(charge, 'a charge failed, or money of one is given back')
    },
    refused(refusal) {
      refusals.inc({ reason: refusal.reason })
      logger.info(refusal, 'movement refused')
    },
    commandAnswered({ paymentId, command, reply, repeated }) {
      commands.inc({ command: command.kind, reply: reply.type, repeated: String(repeated) })
      logger.debug({ paymentId, command: command.kind, reply: reply.type, repeated }, 'command answered')
    },
    collided: () => collisions.inc(),
  }
}
