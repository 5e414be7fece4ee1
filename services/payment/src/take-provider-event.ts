import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { paymentOfCaptureKey } from './capture-key.ts'
import type { Context } from './context.ts'
import { takeEvent } from './sql/provider-events.ts'

/**
 * Takes an event that the card provider sends by itself, in any order and however often. What it says of a capture is not believed: it
 * only makes the worker ask the provider now. Refuses NOT_FOUND where no events are expected, and INVALID_REQUEST where the signature
 * does not prove that this one is from the provider and new, or the body is no event.
 */
export async function takeProviderEvent(
  ctx: Pick<Context, 'pool' | 'cardProvider' | 'cardWork' | 'events'>,
  provider: string,
  body: Buffer,
  signature: string,
): Promise<void> {
  const { name, readEvent } = ctx.cardProvider
  if (name !== provider || readEvent === null) {
    throw generalRefusal('NOT_FOUND', 'no events of this provider are taken here')
  }
  const event = readEvent(body, signature)
  if (event === null) {
    throw generalRefusal('INVALID_REQUEST', 'the signature does not fit the body', {
      details: [
        {
          in: 'header',
          field: 'stripe-signature',
          rule: 'must be a signature of these bytes, made within the last 5 minutes',
        },
      ],
    })
  }
  const outcome = await takeEvent(ctx.pool, {
    ...event,
    paymentId: paymentOfCaptureKey(event.idempotencyKey),
  })
  if (outcome === 'woke') ctx.cardWork.wake()
  ctx.events.providerEvent({ eventId: event.eventId, type: event.type, kind: event.kind, outcome })
}
