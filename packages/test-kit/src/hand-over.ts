import { continueTrace } from '@frontrow/trace-context/trace-context'
import type { Envelope } from '@frontrow/messaging/envelope'
import type { MessageHandlers } from '@frontrow/messaging/handlers'

/** Reads messages and hands them to their handler in one batch, as a consumer does; what asks for nothing is left out. */
export async function handOver<M>(
  { readers, handleMany }: MessageHandlers<M>,
  envelopes: readonly Envelope[],
): Promise<void> {
  const messages = envelopes.flatMap((envelope) => {
    const { id, type, traceparent, requestId } = envelope
    const content = readers[type]?.(envelope) ?? null
    return content === null ? [] : [{ id, type, trace: continueTrace({ traceparent, requestId }), content }]
  })
  if (messages.length > 0) await handleMany(messages)
}
