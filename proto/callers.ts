import type {
  AuditService,
  CatalogService,
  PaymentService,
  QueueService,
  ReservationService,
  WalletService,
} from './services.ts'

/** A process that calls others, by the DNS name in its certificate. */
type Caller = 'queue' | 'catalog' | 'reservation' | 'payment' | 'notify' | 'wallet'

/** Each method of a contract. The generated types have an index signature beside the methods, which is left out. */
type MethodsOf<Definition> = keyof {
  [Key in keyof Definition as string extends Key ? never : number extends Key ? never : Key]: true
}

type CallersOf<Service extends { service: unknown }> = Readonly<
  Record<MethodsOf<Service['service']>, readonly Caller[]>
>

// Who may call which method over gRPC. A service refuses everybody else. Methods that only earlier versions call keep their callers, as
// two versions run side by side during an upgrade.

export const queueCallers: CallersOf<typeof QueueService> = {
  VerifyToken: ['catalog', 'reservation'],
  VerifyTokens: ['catalog', 'reservation'],
}

export const catalogCallers: CallersOf<typeof CatalogService> = {
  GetSchedule: ['queue', 'reservation', 'payment', 'notify'],
  GetSeats: ['reservation'],
  GetSeatRuns: ['reservation'],
}

export const reservationCallers: CallersOf<typeof ReservationService> = {
  GetReservation: ['payment', 'notify'],
  GetReservations: ['payment', 'notify'],
  ListTakenSeats: ['catalog'],
  CountTakenSeats: ['catalog'],
  ListLiveReservations: ['catalog'],
  GetCancellationProgress: ['catalog'],
  BlockSeats: ['catalog'],
  UnblockSeats: ['catalog'],
}

export const paymentCallers: CallersOf<typeof PaymentService> = {
  GetPayment: ['reservation'],
}

export const walletCallers: CallersOf<typeof WalletService> = {
  GetBalance: ['payment'],
}

/** Every service answers these: the payment service runs the audit. */
export const auditCallers: CallersOf<typeof AuditService> = {
  CheckInvariants: ['payment'],
  ListPaymentFacts: ['payment'],
  ListAdminActions: ['payment'],
}
