import { topics } from './topics.ts'

type Topic = (typeof topics)[keyof typeof topics]

/** What a login at the brokers is for. A login has the name of its service. */
export interface TopicUser {
  /** Topics that this service alone writes to. */
  writes: readonly Topic[]
  /** Topics whose messages it takes. */
  reads: readonly Topic[]
  /** The groups that it reads in. */
  groups: readonly string[]
  /** Collects the dead letters of all topics, and publishes again what admins want tried again. */
  tendsDeadLetters?: boolean
}

/** Who may write and read which topic: the one table of it, which the migration step gives to the brokers. */
export const topicUsers: Readonly<
  Record<'queue' | 'catalog' | 'reservation' | 'payment' | 'wallet', TopicUser>
> = {
  queue: { writes: [], reads: [topics.reservationEvents], groups: ['frontrow.queue'] },
  catalog: {
    writes: [topics.catalogEvents],
    reads: [topics.reservationEvents],
    groups: ['frontrow.catalog'],
  },
  reservation: {
    writes: [topics.reservationEvents, topics.reservationJobs],
    reads: [topics.reservationCommands, topics.reservationJobs, topics.paymentEvents, topics.catalogEvents],
    groups: ['frontrow.reservation'],
  },
  // The process that sends mail and webhooks (notify) is one of the payment service, with its login.
  payment: {
    writes: [topics.paymentEvents, topics.walletCommands, topics.reservationCommands],
    reads: [topics.walletEvents, topics.reservationEvents, topics.paymentEvents, topics.catalogEvents],
    groups: ['frontrow.payment', 'frontrow.notify', 'frontrow.dead-letters'],
    tendsDeadLetters: true,
  },
  wallet: {
    writes: [topics.walletEvents],
    reads: [topics.walletCommands],
    groups: ['frontrow.wallet'],
  },
}
