import { serviceNames } from '../scripts/services.ts'

/** How a table belongs to a person, and what an erasure makes of it. */
export interface PersonalTable {
  /** With its schema. */
  table: string
  /** The columns that tell something of a person; all others of the table are ids of things, times, counts and states. */
  personal: readonly string[]
  kept: string
  /** Which rows are about them: a condition of SQL on `t`. `PARAMETERS` names what it may use. */
  rows: string
  /** `delete`, or what the columns are set to. */
  erase: 'delete' | Readonly<Record<string, string>>
  /** Personal columns that an erasure leaves as they are, and why. */
  stays?: Readonly<Record<string, string>>
}

/**
 * $1: the user id; $2: the pseudonym; $3: the id as JSON text writes it, without quotes; $4: the pseudonym as JSON text; $5: a pattern of the paths of
 * the API that name them; $6: a pattern of the fields of JSON text that name them; $7: their id as a field of messages, `"userId":"101"`. The
 * pseudonym is empty in an export.
 */
const PARAMETERS = {
  id: '$1::text',
  pseudonym: '$2::text',
  idInJson: '$3::text',
  newInJson: '$4::text',
  paths: '$5::text',
  fields: '$6::text',
  messageField: '$7::text',
}
const { id, pseudonym, idInJson, newInJson, paths, fields, messageField } = PARAMETERS

const OWN = `t.user_id = ${id}`
const RENAMED = { user_id: pseudonym }
// The pattern is slow, so the text is looked for first.
const names = (column: string): string =>
  `(position(${idInJson} in t.${column}::text) > 0 AND t.${column}::text ~ ${fields})`
const renamed = (column: string, type: 'json' | 'text'): string =>
  String.raw`regexp_replace(t.${column}::text, ${fields}, '\1' || ${newInJson}, 'g')::${type}`
// What an admin wrote of a correction is in its request and in the answer to it.
const withoutReason = (column: string): string =>
  String.raw`regexp_replace(${renamed(column, 'text')}, '"reason"\s*:\s*"([^"\\]|\\.)*"', '"reason":"erased"', 'g')::json`
const renamedIfSame = (column: string): string =>
  `CASE WHEN t.${column} = ${id} THEN ${pseudonym} ELSE t.${column} END`

// What a client chose may say who it is. A key of somebody else, who acted for the person, stays, or what came again would be done again.
const randomIfOwn = (owner: string, column: string): string =>
  `CASE WHEN t.${owner} = ${id} THEN gen_random_uuid()::text ELSE t.${column} END`
const FINDS_THE_MONEY =
  'it finds the money at the provider, where the person is known; the provider erases by its own rules'

const FOR_GOOD = 'for good, under a pseudonym after an erasure'
const ofPayments = `t.payment_id IN (SELECT payment_id FROM payment.payments WHERE user_id = ${id})`

/** The tables that every service has. */
const everywhere = serviceNames.flatMap((schema): PersonalTable[] => [
  {
    table: `${schema}.idempotency_keys`,
    personal: ['user_id', 'idempotency_key', 'response'],
    kept: 'IDEMPOTENCY_KEEP_HOURS, 3 days',
    // The answers of admins name the people whom they acted for.
    rows: `(${OWN} OR ${names('response')})`,
    erase: {
      user_id: renamedIfSame('user_id'),
      idempotency_key: randomIfOwn('user_id', 'idempotency_key'),
      response: withoutReason('response'),
    },
  },
  {
    table: `${schema}.outbox`,
    personal: ['payload'],
    kept: '3 days after it was published',
    rows: names('payload'),
    erase: { payload: renamed('payload', 'json') },
  },
  {
    table: `${schema}.admin_actions`,
    personal: ['admin_id', 'path', 'body'],
    kept: FOR_GOOD,
    rows: `(t.admin_id = ${id} OR t.path ~ ${paths} OR ${names('body')})`,
    erase: {
      admin_id: renamedIfSame('admin_id'),
      path: `regexp_replace(t.path, ${paths}, '\\1' || ${pseudonym})`,
      // What an admin wrote of somebody's wallet goes; that it was done, and the amount, stay.
      body: `CASE WHEN t.path ~ ${paths} OR ${names('body')} THEN ${withoutReason('body')} ELSE t.body END`,
    },
  },
])

/** Every table that tells something of a person, in the order of an erasure: what is found through another table comes before it. */
export const personalTables: readonly PersonalTable[] = [
  ...everywhere,
  {
    table: 'queue.queue_tokens',
    personal: ['user_id', 'token_hash', 'seen_at'],
    kept: 'ENDED_TOKENS_KEEP_DAYS after its end, 7 days',
    rows: OWN,
    erase: {
      ...RENAMED,
      token_hash: `sha256(convert_to(gen_random_uuid()::text, 'UTF8'))`,
      seen_at: 't.joined_at',
    },
  },
  {
    table: 'queue.claim_holders',
    personal: ['claim_hash', 'user_id'],
    kept: 'ENDED_TOKENS_KEEP_DAYS after the last join, 7 days',
    rows: OWN,
    erase: 'delete',
  },
  {
    table: 'reservation.confirm_replies',
    personal: ['payload'],
    kept: FOR_GOOD,
    rows: names('payload'),
    erase: { payload: renamed('payload', 'json') },
  },
  {
    table: 'reservation.jobs',
    personal: ['user_id', 'queue_token', 'choice', 'result', 'error'],
    kept: 'JOB_KEEP_MS after its end, an hour',
    rows: OWN,
    erase: 'delete',
  },
  {
    table: 'reservation.check_ins',
    personal: ['checked_in_by'],
    kept: FOR_GOOD,
    rows: `t.checked_in_by = ${id}`,
    erase: { checked_in_by: pseudonym },
  },
  {
    table: 'reservation.seat_holds',
    personal: ['user_id'],
    kept: 'while the seats are held or sold',
    rows: OWN,
    erase: RENAMED,
  },
  { table: 'reservation.reservations', personal: ['user_id'], kept: FOR_GOOD, rows: OWN, erase: RENAMED },
  {
    table: 'payment.card_captures',
    personal: ['card_token', 'provider_reference', 'last_error', 'next_action'],
    kept: 'for good; the card until nothing can be asked for with it any more',
    rows: ofPayments,
    erase: { card_token: 'NULL', last_error: 'NULL', next_action: 'NULL' },
    stays: { provider_reference: FINDS_THE_MONEY },
  },
  {
    table: 'payment.dead_letters',
    personal: ['message_key', 'value', 'headers'],
    kept: 'for good',
    rows: `position(convert_to(${messageField}, 'UTF8') in t.value) > 0`,
    erase: 'delete',
  },
  {
    table: 'payment.contacts',
    personal: ['user_id', 'email', 'locale'],
    kept: 'until an erasure',
    rows: OWN,
    erase: 'delete',
  },
  {
    table: 'payment.notices',
    personal: ['user_id', 'last_error'],
    kept: 'NOTICE_KEEP_DAYS, 30 days',
    rows: OWN,
    erase: { ...RENAMED, last_error: 'NULL' },
  },
  {
    table: 'payment.webhook_deliveries',
    personal: ['body'],
    kept: 'NOTICE_KEEP_DAYS, 30 days',
    rows: names('body'),
    erase: { body: renamed('body', 'text') },
  },
  {
    table: 'payment.payment_requests',
    personal: ['user_id', 'idempotency_key', 'refusal'],
    kept: 'for good; those refused IDEMPOTENCY_KEEP_HOURS, 3 days',
    rows: OWN,
    erase: {
      ...RENAMED,
      idempotency_key: randomIfOwn('user_id', 'idempotency_key'),
      refusal: renamed('refusal', 'json'),
    },
  },
  { table: 'payment.payments', personal: ['user_id'], kept: FOR_GOOD, rows: OWN, erase: RENAMED },
  {
    table: 'wallet.adjustments',
    personal: ['user_id', 'reason', 'admin_id'],
    kept: FOR_GOOD,
    rows: `(${OWN} OR t.admin_id = ${id})`,
    erase: {
      user_id: renamedIfSame('user_id'),
      admin_id: renamedIfSame('admin_id'),
      reason: `CASE WHEN ${OWN} THEN 'erased' ELSE t.reason END`,
    },
  },
  {
    table: 'wallet.charges',
    personal: ['user_id', 'caller_id', 'idempotency_key', 'card_token', 'provider_reference', 'last_error'],
    kept: FOR_GOOD,
    rows: `(${OWN} OR t.caller_id = ${id})`,
    erase: {
      user_id: renamedIfSame('user_id'),
      caller_id: renamedIfSame('caller_id'),
      idempotency_key: randomIfOwn('caller_id', 'idempotency_key'),
      card_token: 'NULL',
      last_error: 'NULL',
    },
    stays: { provider_reference: FINDS_THE_MONEY },
  },
  { table: 'wallet.payment_movements', personal: ['user_id'], kept: FOR_GOOD, rows: OWN, erase: RENAMED },
  { table: 'wallet.ledger_entries', personal: ['user_id'], kept: FOR_GOOD, rows: OWN, erase: RENAMED },
  { table: 'wallet.wallets', personal: ['user_id'], kept: FOR_GOOD, rows: OWN, erase: RENAMED },
]
