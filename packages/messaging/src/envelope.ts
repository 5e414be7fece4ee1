import type { IHeaders } from 'kafkajs'

/** One message as its consumer sees it: the CloudEvents attributes and the parsed JSON value. */
export interface Envelope {
  /** `ce_id`: equal ids are the same message, however often it is delivered. */
  id: string
  /** `ce_type`, e.g. `WalletDebited`. */
  type: string
  /** `ce_source`, e.g. `frontrow/wallet`. */
  source: string
  /** `ce_time`: when the change was made. */
  time: Date
  key: string
  topic: string
  traceparent: string | undefined
  requestId: string | undefined
  value: unknown
}

/** A message that can't be read, or that can't be right; it goes to the dead letters at once. */
export class UnreadableMessageError extends Error {
  override name = 'UnreadableMessageError'
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Headers of CloudEvents 1.0, Kafka binding, binary mode. */
export function toHeaders(message: {
  id: string
  type: string
  source: string
  time: Date
  traceparent: string | null
  requestId: string | null
}): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: message.id,
    ce_type: message.type,
    ce_source: message.source,
    ce_time: message.time.toISOString(),
    'content-type': 'application/json',
    ...(message.traceparent === null ? {} : { traceparent: message.traceparent }),
    ...(message.requestId === null ? {} : { requestid: message.requestId }),
  }
}

/** One header as text; Kafka headers are bytes and may repeat. */
export function headerText(headers: IHeaders | undefined, name: string): string | undefined {
  const raw = headers?.[name]
  const value = Array.isArray(raw) ? raw[0] : raw
  return value === undefined ? undefined : value.toString()
}

/** @throws UnreadableMessageError when an attribute is missing or the value is not JSON. */
export function readEnvelope(
  topic: string,
  message: { key: Buffer | null; value: Buffer | null; headers?: IHeaders | undefined },
): Envelope {
  const id = headerText(message.headers, 'ce_id')
  const type = headerText(message.headers, 'ce_type')
  if (id === undefined || !UUID.test(id)) throw new UnreadableMessageError('header ce_id is not a UUID')
  if (type === undefined || type === '') throw new UnreadableMessageError('header ce_type is missing')
  if (message.value === null) throw new UnreadableMessageError('the message has no value')
  const time = new Date(headerText(message.headers, 'ce_time') ?? Number.NaN)
  if (Number.isNaN(time.getTime())) throw new UnreadableMessageError('header ce_time is not a time')
  return {
    // As PostgreSQL writes it, so that the inbox's answer names the same message.
    id: id.toLowerCase(),
    type,
    source: headerText(message.headers, 'ce_source') ?? '',
    time,
    key: message.key?.toString() ?? '',
    topic,
    traceparent: headerText(message.headers, 'traceparent'),
    requestId: headerText(message.headers, 'requestid'),
    value: parseJson(message.value),
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new UnreadableMessageError('the value is not JSON', { cause: error })
  }
}
