import type { InteractiveCardProvider } from '@frontrow/card-provider/card-provider'
import { createCardProvider, guardCardProvider } from '@frontrow/card-provider/connect-card-provider'
import { DeadLetterCollector, republish } from '@frontrow/messaging/dead-letter-collector'
import { Alarm } from '@frontrow/messaging/wake-up'
import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import { refusalKind } from '@frontrow/proto/refusals'
import { AuditService, CatalogService, ReservationService } from '@frontrow/proto/services'
import { topicNames } from '@frontrow/proto/topics'
import { createHost } from '@frontrow/service-host/host'
import type { RunningService, ServiceHost } from '@frontrow/service-host/host'
import { watchValue } from '@frontrow/service-host/metrics'
import { addAdminActions } from './admin-actions-http.ts'
import { askReservations } from './ask-reservations.ts'
import type { AuditSources } from './audit.ts'
import { createPaymentBeginnings } from './begin-payments.ts'
import { CardSlots } from './card-slots.ts'
import type { Config } from './config.ts'
import type { Context } from './context.ts'
import { createDeadLetters } from './dead-letters.ts'
import { createPaymentEvents } from './events.ts'
import { addGrpc, localChecks } from './grpc.ts'
import { addRoutes } from './http.ts'
import { consumedTopics, messageHandlers } from './messages.ts'
import { addMoneyRoute } from './money-http.ts'
import { addNoticeRoutes } from './notices/http.ts'
import { Reconciliation } from './reconcile-payments.ts'
import { remindSagas } from './remind-sagas.ts'
import { noteFound, notingSteps, noteSettled } from './note-steps.ts'
import type { Intakes } from './note-steps.ts'
import { PaymentIntake } from './payment-intake.ts'
import { createPaymentKeys } from './payment-keys.ts'
import { SettledPayments } from './settled-payments.ts'
import { tidyRefusedRequests } from './sql/payment-keys.ts'
import { findSettled } from './sql/payments.ts'
import { tidyEvents } from './sql/provider-events.ts'
import { countOpenSagas, listHeldAtWork } from './sql/purchase-sagas.ts'
import { addWebhookRoutes } from './webhooks/http.ts'
import { CardWorker } from './work-cards.ts'

const READ_DEADLINE_MS = 1_000
// An audit reads whole tables, which takes longer than a call that a buyer waits for.
const AUDIT_DEADLINE_MS = 9_000

// Stripe repeats an event for three days.
const EVENTS_KEPT_DAYS = 30
const TIDY_EVERY_MS = 600_000
const TIDY_BATCH = 5_000

/** Starts the service. `cardProvider` replaces the configured one. */
export async function startPayment(
  config: Config,
  options: {
    onFatal: (error: Error) => void
    processMetrics?: boolean
    cardProvider?: InteractiveCardProvider
  },
): Promise<RunningService> {
  const cardProvider = options.cardProvider ?? (await createCardProvider(config))
  const host = createHost({ service: 'payment', settings: config, ...options })
  const cardWork = new Alarm()
  const ctx = createContext(host, config, cardWork, cardProvider)
  const deadLetters = createDeadLetters({
    pool: host.pool,
    publish: (deadLetter) => republish(host.kafka, config.KAFKA_TOPIC_PREFIX, deadLetter),
  })
  const sources = auditSources(host, config)
  addRoutes(host.http, ctx, deadLetters, sources)
  addAdminActions(host, config)
  addMoneyRoute(host.http, { pool: host.pool, getSchedule: askCatalog(host, config) })
  addNoticeRoutes(host.http, ctx)
  addWebhookRoutes(host.http, { pool: host.pool, allowPrivate: config.WEBHOOK_ALLOW_PRIVATE === 'yes' })
  addGrpc(host)
  host.consume(consumedTopics, messageHandlers(ctx))
  host.every('sagas', config.SAGA_POLL_MS, (signal) => remindSagas(ctx, signal))
  host.every('tidy provider events', TIDY_EVERY_MS, async () => {
    return (await tidyEvents(host.pool, EVENTS_KEPT_DAYS, TIDY_BATCH)) >= TIDY_BATCH
  })
  const reconciliation = new Reconciliation(ctx, sources)
  host.every('reconciliation', config.RECONCILE_EVERY_MS, (signal) => reconciliation.round(signal))
  host.every('tidy refused requests', TIDY_EVERY_MS, async () => {
    return (await tidyRefusedRequests(host.pool, config.IDEMPOTENCY_KEEP_HOURS)) >= TIDY_BATCH
  })
  const cards = new CardWorker(ctx, cardWork)
  watchSagas(host)
  watchCardCalls(host, ctx.cardSlots)
  watchMoney(host, reconciliation)
  const collector = new DeadLetterCollector({
    kafka: host.kafka,
    groupId: `${config.KAFKA_TOPIC_PREFIX}frontrow.dead-letters`,
    topics: topicNames,
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    logger: host.logger,
    store: (deadLetter) => deadLetters.store(deadLetter),
    onCrash: options.onFatal,
  })
  const running = await host.listen()
  collector.start().catch(options.onFatal)
  host.lifecycle.add('dead letters', () => collector.stop())
  cards.start()
  host.lifecycle.add('card worker', () => cards.stop())
  return running
}

function createContext(
  host: ServiceHost,
  config: Config,
  cardWork: Alarm,
  cardProvider: InteractiveCardProvider,
): Context {
  const reservation = { name: 'reservation', address: config.RESERVATION_GRPC, refusalKind }
  const getReservation = askReservations(
    host.connect(ReservationService, reservation).call('GetReservations', {
      deadlineMs: READ_DEADLINE_MS,
      retriable: true,
    }),
  )
  const { logger, pool, relay } = host
  const cardSlots = new CardSlots({
    captures: config.CARD_CAPTURES_MAX,
    refunds: config.CARD_REFUNDS_MAX,
    questions: config.CARD_QUESTIONS_MAX,
  })
  const intakes = createIntakes(config, cardSlots)
  const events = notingSteps(createPaymentEvents(host), intakes)
  const now = (): Date => new Date()
  return {
    config,
    logger,
    pool,
    relay,
    cardWork,
    cardProvider: guardCardProvider(host, cardProvider),
    cardSlots,
    intakes,
    beginnings: createPaymentBeginnings({ config, pool, relay, cardWork, events, now }),
    keys: createPaymentKeys(pool),
    settled: new SettledPayments({
      logger,
      find: (paymentIds) => findSettled(pool, paymentIds),
      onSettled: (payment) => noteSettled(intakes, payment),
      onFound: (payment) => noteFound(intakes, payment),
    }),
    events,
    now,
    getReservation,
  }
}

function askCatalog(
  host: ServiceHost,
  { CATALOG_GRPC: address }: Config,
): (request: { scheduleId: number }) => Promise<Schedule> {
  const catalog = host.connect(CatalogService, { name: 'catalog', address, refusalKind })
  return catalog.call('GetSchedule', { deadlineMs: READ_DEADLINE_MS, retriable: true })
}

function createIntakes(
  { PAYMENT_DELAY_MAX_MS, CARD_TIMEOUT_MS }: Config,
  cardSlots: Pick<CardSlots, 'expectedMs'>,
): Intakes {
  return {
    BALANCE: new PaymentIntake(PAYMENT_DELAY_MAX_MS),
    // The time that the provider may take is no delay of ours.
    CARD: new PaymentIntake(PAYMENT_DELAY_MAX_MS + CARD_TIMEOUT_MS, undefined, () => cardSlots.expectedMs()),
  }
}

function auditSources(host: ServiceHost, config: Config): AuditSources {
  const connect = (name: string, address: string) => {
    const service = host.connect(AuditService, { name: `${name} audit`, service: name, address, refusalKind })
    const limits = { deadlineMs: AUDIT_DEADLINE_MS, retriable: true }
    const checkInvariants = service.call('CheckInvariants', limits)
    const listFacts = service.call('ListPaymentFacts', limits)
    return {
      checks: async () => (await checkInvariants({})).invariants,
      facts: async (afterPaymentId: string, limit: number) =>
        (await listFacts({ afterPaymentId, limit })).facts,
    }
  }
  const queue = connect('queue', config.QUEUE_GRPC)
  const catalog = connect('catalog', config.CATALOG_GRPC)
  const reservation = connect('reservation', config.RESERVATION_GRPC)
  const wallet = connect('wallet', config.WALLET_GRPC)
  return {
    checks: [() => localChecks(host), queue.checks, catalog.checks, reservation.checks, wallet.checks],
    reservationFacts: reservation.facts,
    walletFacts: wallet.facts,
  }
}

function watchSagas(host: ServiceHost): void {
  watchValue(
    host.metrics.registry,
    { name: 'sagas_open', help: 'Purchase sagas at work, by state', labelName: 'state' },
    async () => (await countOpenSagas(host.pool)).map(({ state, count }) => ({ label: state, value: count })),
    (error) => host.logger.warn({ err: error }, 'the sagas could not be counted'),
  )
}

function watchCardCalls(host: ServiceHost, cardSlots: CardSlots): void {
  watchValue(
    host.metrics.registry,
    {
      name: 'card_calls',
      help: 'Calls to the card provider at work, by what they are for',
      labelName: 'lane',
    },
    () => Promise.resolve(cardSlots.running().map(({ lane, count }) => ({ label: lane, value: count }))),
    (error) => host.logger.warn({ err: error }, 'the card calls could not be counted'),
  )
}

function watchMoney(host: ServiceHost, reconciliation: Reconciliation): void {
  const watch = (name: string, help: string, valueOf: (held: readonly Date[]) => number): void =>
    watchValue(
      host.metrics.registry,
      { name, help },
      async () => {
        const held = [...(await listHeldAtWork(host.pool)), ...reconciliation.heldBySettled]
        return [{ value: valueOf(held) }]
      },
      (error) => host.logger.warn({ err: error }, 'money without a ticket could not be counted'),
    )
  watch(
    'money_without_ticket_payments',
    'Payments whose money is held without a ticket',
    (held) => held.length,
  )
  watch(
    'money_without_ticket_oldest_seconds',
    'How long the oldest money without a ticket has been held; 0 where there is none',
    (held) => held.reduce((oldest, since) => Math.max(oldest, (Date.now() - since.getTime()) / 1_000), 0),
  )
}
