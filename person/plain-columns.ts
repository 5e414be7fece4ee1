import { serviceNames } from '../scripts/services.ts'

/**
 * Every other column of every table: what nobody is told of a person by. A test compares these and `personalTables` with the real schemas, so
 * that a new column is named in one of the two.
 */
const inEverySchema: Readonly<Record<string, string>> = {
  admin_actions: 'action_id operation method request_id began_at outcome status ended_at role',
  idempotency_keys: 'operation request_hash status resource_id locked_until created_at',
  inbox: 'message_id type received_at',
  outbox: 'id message_id topic message_key type traceparent request_id occurred_at published_at',
  schema_migrations: 'file sha256 applied_at',
}

const inOneSchema: Readonly<Record<string, string>> = {
  'catalog.concerts': 'concert_id title artist description created_at search_text version',
  'catalog.reserved_seats': 'schedule_id reservation_id seat_count released_at seat_ids',
  'catalog.schedule_grades': 'schedule_id grade price seat_count first_seat_id',
  'catalog.schedules':
    'schedule_id concert_id venue_id performance_at waiting_room_open_at booking_open_at booking_close_at status seat_count created_at no_orphan_seats version last_open_at refundable_until',
  'catalog.seats': 'schedule_id seat_id seat_number section row_label grade price',
  'catalog.venues': 'venue_id name address city created_at time_zone version',
  'payment.card_captures':
    'payment_id amount wanted status attempts leased_until updated_at due_at waits_until lane was_asked',
  'payment.contacts': 'updated_at',
  'payment.dead_letters':
    'dead_letter_id topic dead_letter_partition dead_letter_offset consumer error attempts parked_at retried_at retry_leased_until',
  'payment.notices':
    'notice_id event_id kind reservation_id schedule_id payment_id amount reason status is_bulk attempts outage_since due_at created_at ended_at',
  'payment.payment_requests': 'request_hash payment_id created_at',
  'payment.payments':
    'payment_id reservation_id schedule_id amount payment_method status reason created_at paid_at ended_at reservation_number seats',
  'payment.provider_events': 'event_id type received_at',
  'payment.provider_notices': 'event_id payment_id kind type status reason amount happened_at received_at',
  'payment.purchase_sagas': 'payment_id state money_taken attempts deadline_at reason version updated_at',
  'payment.saga_steps': 'payment_id version message from_state to_state at',
  'payment.webhook_deliveries':
    'delivery_id webhook_id place event_id event_type subject status attempts due_at leased_until response_status last_error created_at tried_since ended_at',
  'payment.webhooks':
    'webhook_id url event_types description status disabled_reason secret previous_secret previous_secret_until failing_since version created_at updated_at',
  'queue.claim_holders': 'schedule_id joined_at',
  'queue.queue_tokens':
    'schedule_id sequence status joined_at activated_at active_until ended_at version show_up_by',
  'queue.room_log':
    'schedule_id number sequence entered_at admitted_at active max_active admit_per_second hash kind ended_at allowed_ms',
  'queue.room_source': 'one id',
  'queue.rooms':
    'schedule_id max_active admit_per_second paused version last_sequence seed early_entries closed_at drawn_at changed_at mirror_version_min waiting last_admitted log_length log_head',
  'queue.spent_challenges': 'seal expires_at',
  'reservation.cancelled_schedules': 'schedule_id cancelled_at settled_at',
  'reservation.check_ins': 'reservation_id seat_id schedule_id checked_in_at',
  'reservation.confirm_replies': 'payment_id reservation_id message_id type decided_at',
  'reservation.jobs':
    'job_number job_id type schedule_id status attempts traceparent request_id created_at due_at give_up_at started_at completed_at seen ordinal',
  'reservation.refused_holds': 'schedule_id code refused',
  'reservation.reservations':
    'reservation_id reservation_number schedule_id status total_amount seat_ids seats payment_id refreshes reserved_at expires_at confirmed_at cancelled_at cancel_reason refund_status queue_sequence cancelled_by_admin',
  'reservation.seat_holds': 'schedule_id seat_id reservation_id held_at expires_at taken_over_from',
  'wallet.adjustments': 'transaction_id amount created_at',
  'wallet.charges':
    'charge_id amount status reason created_at finished_at request_hash capture_status balance_after message attempts next_attempt_at asked_at',
  'wallet.ledger_entries': 'entry_id transaction_id account kind amount balance_after payment_id created_at',
  'wallet.payment_movements':
    'payment_id amount status balance_after_debit debit_reply_id refund_reply_id created_at updated_at',
  'wallet.wallets': 'balance total_charged total_used version updated_at total_adjusted',
}

/** The columns by table, with its schema. */
export const plainColumns: ReadonlyMap<string, readonly string[]> = new Map(
  [
    ...Object.entries(inOneSchema),
    ...serviceNames.flatMap((schema) =>
      Object.entries(inEverySchema).map(([table, columns]) => [`${schema}.${table}`, columns] as const),
    ),
  ].map(([table, columns]) => [table, columns.split(' ')]),
)
