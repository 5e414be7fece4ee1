import { SettledWaits } from '@frontrow/service-host/settled-waits'
import type { SettledWaitsOptions } from '@frontrow/service-host/settled-waits'
import type { Payment } from './sql/payments.ts'

/** Tells requests that wait in this process that their payment has settled. */
export class SettledPayments extends SettledWaits<Payment> {
  constructor(options: Omit<SettledWaitsOptions<Payment>, 'what' | 'idOf'>) {
    super({ ...options, what: 'payments', idOf: ({ paymentId }) => paymentId })
  }
}
