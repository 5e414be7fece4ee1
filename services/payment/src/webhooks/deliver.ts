import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction, together } from '@frontrow/postgres/transaction'
import type { NotifyEvents } from '../notify/events.ts'
import { postWebhook } from './post-webhook.ts'
import { signatureHeaders } from './sign.ts'
import { endDelivery, postponeDelivery } from './sql/deliveries.ts'
import type { LeasedDelivery } from './sql/deliveries.ts'
import { disableWebhook, noteFailure, noteSuccess } from './sql/webhooks.ts'

/** What delivering works with. */
export interface DeliveringContext {
  pool: Pool
  events: NotifyEvents
  now: () => Date
  config: {
    allowPrivate: boolean
    /** After this a delivery is given up. */
    giveUpHours: number
    /** After this without any success a webhook is disabled. */
    disableHours: number
  }
}

/** What a receiver may take for its answer. */
export const POST_MAX_MS = 10_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Waits between attempts; the last one repeats. */
const WAITS_MS = [5_000, 30_000, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR]
/** Many deliveries that failed together do not come back together. */
const SPREAD = 0.2
/** A webhook is not disabled by the first failures after a long silence. */
const FAILURES_MIN = 3
const ERROR_LENGTH_MAX = 300

interface Failure {
  responseStatus: number | null
  error: string
}

/**
 * Makes one attempt and stores what came of it. An answer of 200 to 299 is a success. 410 disables the webhook, unless an
 * admin has changed it meanwhile; anything else, a redirect too, is tried again later and later, for a day. A process that dies between the answer and the row delivers it again, under the same id.
 */
export async function deliver(
  ctx: DeliveringContext,
  delivery: LeasedDelivery,
  signal: AbortSignal,
): Promise<void> {
  const failure = await attempt(ctx, delivery, signal)
  if (typeof failure === 'number') {
    await inTransaction(ctx.pool, (tx) =>
      together([
        noteSuccess(tx, delivery),
        endDelivery(tx, delivery, { status: 'DELIVERED', responseStatus: failure, error: null }),
      ]),
    )
    ctx.events.deliveryEnded(delivery, 'delivered')
    return
  }
  if (failure.responseStatus === 410 && (await disableAsGone(ctx, delivery, failure))) return
  const failingHours = await noteFailure(ctx.pool, delivery)
  if (failingHours >= ctx.config.disableHours && delivery.attempts >= FAILURES_MIN) {
    // Before this delivery ends, because the next one of its subject would go out.
    const isDisabled = await disableWebhook(ctx.pool, delivery, 'FAILING')
    if (isDisabled) ctx.events.webhookDisabled(delivery.webhookId, 'FAILING')
  }
  const retryInMs = waitMs(delivery.attempts)
  const retryAt = ctx.now().getTime() + retryInMs
  if (retryAt > delivery.triedSince.getTime() + ctx.config.giveUpHours * HOUR) {
    await giveUp(ctx, delivery, failure)
  } else {
    await postponeDelivery(ctx.pool, delivery, { ...failure, retryInMs })
    ctx.events.deliveryPostponed(delivery, failure.error, retryInMs)
  }
}

/** The status of a success, or what went wrong. */
async function attempt(
  ctx: DeliveringContext,
  { eventId, body, url, secret, previousSecret }: LeasedDelivery,
  signal: AbortSignal,
): Promise<number | Failure> {
  const secrets = previousSecret === null ? [secret] : [secret, previousSecret]
  const headers = signatureHeaders({ id: eventId, body, at: ctx.now() }, secrets)
  try {
    const request = { body, headers, signal }
    const { status, excerpt } = await postWebhook(new URL(url), request, ctx.config.allowPrivate)
    if (status >= 200 && status <= 299) return status
    const isRedirect = status >= 300 && status <= 399
    const error = isRedirect
      ? `answered ${status}; redirects are not followed`
      : `answered ${status}: ${excerpt}`
    return { responseStatus: status, error: storable(error) }
  } catch (error) {
    return { responseStatus: null, error: storable(whatFailed(error)) }
  }
}

function whatFailed(error: unknown): string {
  if (isTimeOut(error)) return `no answer within ${POST_MAX_MS / 1_000} s`
  return error instanceof Error ? error.message : String(error)
}

function isTimeOut(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError'
}

/** PostgreSQL stores no NUL, and an answer may hold one. */
function storable(text: string): string {
  return text.replaceAll('\0', '').slice(0, ERROR_LENGTH_MAX).toWellFormed()
}

function waitMs(attempts: number): number {
  const wait = WAITS_MS[Math.min(attempts, WAITS_MS.length) - 1] ?? HOUR
  return Math.round(wait * (1 + SPREAD * (Math.random() - 0.5)))
}

async function giveUp(ctx: DeliveringContext, delivery: LeasedDelivery, failure: Failure): Promise<void> {
  await inTransaction(ctx.pool, (tx) => endDelivery(tx, delivery, { status: 'FAILED', ...failure }))
  ctx.events.deliveryEnded(delivery, 'failed')
}

/** Disables the webhook and fails the delivery; does neither, and returns false, where the webhook was changed or disabled meanwhile. */
async function disableAsGone(
  ctx: DeliveringContext,
  delivery: LeasedDelivery,
  failure: Failure,
): Promise<boolean> {
  const isDisabled = await inTransaction(ctx.pool, async (tx) => {
    if (!(await disableWebhook(tx, delivery, 'GONE'))) return false
    await endDelivery(tx, delivery, { status: 'FAILED', ...failure })
    return true
  })
  if (!isDisabled) return false
  ctx.events.webhookDisabled(delivery.webhookId, 'GONE')
  ctx.events.deliveryEnded(delivery, 'failed')
  return true
}
