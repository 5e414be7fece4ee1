import type { TraceContext } from '@frontrow/trace-context/trace-context'
import type { z } from 'zod'
import type { Envelope } from './envelope.ts'
import { UnreadableMessageError } from './envelope.ts'

/** A message that a service takes, and what it asks for, checked. */
export interface Incoming<M> {
  /** `ce_id`: equal ids are the same message, however often it is delivered. */
  id: string
  /** `ce_type`. */
  type: string
  /** The trace that goes on with this message; what follows from it is enqueued and logged under this. */
  trace: TraceContext
  content: M
}

/** Reads one type of message. Null: it asks nothing of this service. Throws UnreadableMessageError, which makes a dead letter. */
export type Reader<M> = (message: Envelope) => M | null

/** What one service does with its messages. */
export interface MessageHandlers<M> {
  /** By `ce_type`. A type that is not here is meant for another service and is passed over. */
  readonly readers: Readonly<Record<string, Reader<M>>>
  /**
   * Applies all of these messages, or none of them where it throws; those of one partition come in their order. Messages repeat.
   * After an error it is called again with fewer of them, down to the one that can't be applied.
   */
  readonly handleMany: (messages: readonly Incoming<M>[]) => Promise<void>
}

/** Checks a message's value by `schema` and makes of it what the handler takes. */
export function reader<S extends z.ZodType, M>(
  schema: S,
  toContent: (value: z.output<S>, message: Envelope) => M | null,
): Reader<M> {
  return (message) => {
    const parsed = schema.safeParse(message.value)
    if (!parsed.success) {
      throw new UnreadableMessageError(`value of ${message.type}: ${parsed.error.message}`)
    }
    return toContent(parsed.data, message)
  }
}
