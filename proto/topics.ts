/** Every topic with its messages and their key; messages of one key stay in order. The migration step makes the topics. */
export const topics = {
  /** DebitWallet, RefundWallet; by payment id. */
  walletCommands: 'frontrow.wallet.commands',
  /** WalletDebited, WalletDebitRefused, WalletRefunded; by payment id. */
  walletEvents: 'frontrow.wallet.events',
  /** ConfirmReservation; by reservation id. */
  reservationCommands: 'frontrow.reservation.commands',
  /** ReservationHeld … ReservationExpired and the replies to ConfirmReservation; by reservation id. */
  reservationEvents: 'frontrow.reservation.events',
  /** JobAccepted, which reservation tells itself; by schedule id. */
  reservationJobs: 'frontrow.reservation.jobs',
  /** PaymentApproved, PaymentFailed, PaymentRefunded; by reservation id. */
  paymentEvents: 'frontrow.payment.events',
  /** ScheduleCreated, ScheduleStatusChanged, ScheduleMoved, ScheduleSeatsAdded; by schedule id. */
  catalogEvents: 'frontrow.catalog.events',
} as const

/** The topics' names, for the migration step and the dead-letter collector. */
export const topicNames: readonly string[] = Object.values(topics)
