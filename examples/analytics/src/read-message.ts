import type { IHeaders, KafkaMessage } from 'kafkajs'

/** What one message means for sales. Money is in the smallest unit of the currency. */
export type Fact =
  | { kind: 'sold'; paymentId: string; amount: number }
  | { kind: 'refunded'; paymentId: string; amount: number }
  | { kind: 'seats'; count: number }

/** A message that counts: its identity, when its change was made, and what it means. */
export interface CountedMessage {
  id: string
  time: Date
  fact: Fact
}

/**
 * Reads one message. Null: it says nothing about sales, because it is of another type, and types that are not known are passed over.
 * Throws where a message of a known type has not what docs/asyncapi.json promises.
 */
export function readMessage({
  headers,
  value,
}: Pick<KafkaMessage, 'headers' | 'value'>): CountedMessage | null {
  const type = headerText(headers, 'ce_type')
  const read = type !== undefined && Object.hasOwn(readers, type) ? readers[type] : undefined
  if (read === undefined) return null
  const id = headerText(headers, 'ce_id')
  const time = new Date(headerText(headers, 'ce_time') ?? Number.NaN)
  if (id === undefined || Number.isNaN(time.getTime())) throw new Error(`a ${type} without ce_id or ce_time`)
  const fields: unknown = JSON.parse(value?.toString('utf8') ?? '')
  if (typeof fields !== 'object' || fields === null)
    throw new Error(`the value of ${type} ${id} is no object`)
  return { id: id.toLowerCase(), time, fact: read(new Map(Object.entries(fields))) }
}

type Fields = ReadonlyMap<string, unknown>

// Only the fields that are used are looked at: a message may have more of them than this program knows.
const readers: Readonly<Record<string, (fields: Fields) => Fact>> = {
  PaymentApproved: (fields) => ({
    kind: 'sold',
    paymentId: textOf(fields, 'paymentId'),
    amount: numberOf(fields, 'amount'),
  }),
  PaymentRefunded: (fields) => ({
    kind: 'refunded',
    paymentId: textOf(fields, 'paymentId'),
    amount: numberOf(fields, 'refundedAmount'),
  }),
  ReservationConfirmed: (fields) => {
    const seatIds = fields.get('seatIds')
    if (!Array.isArray(seatIds)) throw new Error('seatIds is no list')
    return { kind: 'seats', count: seatIds.length }
  },
}

function textOf(fields: Fields, name: string): string {
  const value = fields.get(name)
  if (typeof value !== 'string') throw new Error(`${name} is no text`)
  return value
}

function numberOf(fields: Fields, name: string): number {
  const value = fields.get(name)
  if (typeof value !== 'number') throw new Error(`${name} is no number`)
  return value
}

function headerText(headers: IHeaders | undefined, name: string): string | undefined {
  const raw = headers?.[name]
  return (Array.isArray(raw) ? raw[0] : raw)?.toString()
}
