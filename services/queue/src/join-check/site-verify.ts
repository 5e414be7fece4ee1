import { BreakerOpenError, createBreaker } from '@frontrow/service-host/breaker'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Logger } from '@frontrow/service-host/logger'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { z } from 'zod'
import type { JoinCheck, Verdict } from './join-check.ts'

/** Where each provider says whether an answer is good. */
export const SITE_VERIFY_URLS = {
  turnstile: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
  hcaptcha: 'https://api.hcaptcha.com/siteverify',
} as const

interface SiteVerifyOptions {
  kind: keyof typeof SITE_VERIFY_URLS
  url: string
  /** Shown in the page. */
  siteKey: string
  /** Goes to the provider alone, and into no log. */
  secretKey: string
  timeoutMs: number
  whenAway: 'open' | 'closed'
  logger: Logger
}

const siteVerifyAnswer = z.object({
  success: z.boolean(),
  'error-codes': z.array(z.string()).default([]),
})

/** What a provider says of our secret key or of itself, whatever the person sent. */
const PROVIDER_FAULTS: ReadonlySet<string> = new Set([
  'missing-input-secret',
  'invalid-input-secret',
  'internal-error',
])

/**
 * What wrong keys of ours bring about, and anybody's answer of another site or of the provider's documentation too. These are refused as
 * wrong, or whoever sends such an answer would open the breaker for all.
 */
const KEY_FAULTS: ReadonlySet<string> = new Set(['sitekey-secret-mismatch', 'not-using-dummy-secret'])

/** Calls at once, by process. A provider that answers late must not hold what is left of a rush. */
const AT_ONCE_MAX = 500
const ANSWER_BYTES_MAX = 10_000
const RETRY_AFTER_SECONDS = 5

class ProviderAwayError extends Error {
  override name = 'ProviderAwayError'
}

/**
 * Asks the provider of a widget in the page whether an answer is good. Both speak the same protocol, and take an answer once. One that does not
 * answer in time, fails, or does not know our secret key is away, and `whenAway` says what becomes of people then. The address of the
 * person is not sent. While AT_ONCE_MAX calls are in work everybody else is answered 503, also with `open`: a crowd must not be a way around the check.
 */
export function siteVerify(options: SiteVerifyOptions): JoinCheck {
  const { kind, logger, whenAway } = options
  const breaker = createBreaker({
    name: kind,
    volumeThreshold: 10,
    rollingCountMs: 10_000,
    resetMs: 5_000,
    onState: (state) =>
      logger.warn({ check: kind, state }, 'the breaker of the check at the join has changed'),
  })
  const awayLog = new FailureLog(logger, 'the check at the join is away')
  const fullLog = new FailureLog(logger, 'the check at the join has as many calls in work as it may')
  const keyLog = new FailureLog(logger, 'answers of other keys were refused; where all are, look at the keys')
  let inWork = 0
  return {
    kind,
    challenge: () => ({ check: kind, siteKey: options.siteKey }),
    async verify(answer) {
      if (inWork >= AT_ONCE_MAX) {
        const error = unavailable()
        fullLog.failed(error, { check: kind })
        throw error
      }
      inWork += 1
      try {
        const said = await breaker.run(() => ask(options, answer))
        awayLog.succeeded()
        return verdictOf(said)
      } catch (error) {
        return away(error)
      } finally {
        inWork -= 1
      }
    },
    stop: () => breaker.shutdown(),
  }

  function verdictOf({ success, 'error-codes': codes }: z.output<typeof siteVerifyAnswer>): Verdict {
    if (success) return { outcome: 'PASSED' }
    const keyFaults = codes.filter((code) => KEY_FAULTS.has(code))
    if (keyFaults.length > 0) keyLog.failed(undefined, { check: kind, codes: keyFaults })
    const isOver = codes.some((code) => /timeout|expired|already-seen/.test(code))
    return { outcome: 'REFUSED', fault: isOver ? 'EXPIRED' : 'WRONG' }
  }

  function away(error: unknown): Verdict {
    // An open breaker has said so once.
    if (!(error instanceof BreakerOpenError)) awayLog.failed(error, { check: kind, whenAway })
    if (whenAway === 'open') return { outcome: 'UNCHECKED' }
    throw unavailable()
  }
}

function unavailable(): Refusal {
  return generalRefusal('UNAVAILABLE', 'the check at the join does not answer; try again', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
}

async function ask(
  { kind, url, siteKey, secretKey, timeoutMs }: SiteVerifyOptions,
  answer: string,
): Promise<z.output<typeof siteVerifyAnswer>> {
  const body = new URLSearchParams({ secret: secretKey, response: answer })
  // hCaptcha takes answers of all sites of an account unless it is told which; Turnstile's secret key is of one site.
  if (kind === 'hcaptcha') body.set('sitekey', siteKey)
  const response = await fetch(url, {
    method: 'POST',
    body,
    // A provider that sends us elsewhere would get our key there.
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  // hCaptcha says by 400 what Turnstile says by 200, so the body counts.
  const read = siteVerifyAnswer.safeParse(parseJson(await readShortText(response)))
  if (!read.success || response.status >= 500) {
    throw new ProviderAwayError(`${kind} answered ${response.status} and no verdict`)
  }
  const faults = read.data['error-codes'].filter((code) => PROVIDER_FAULTS.has(code))
  if (!read.data.success && faults.length > 0) {
    throw new ProviderAwayError(`${kind} says ${faults.join(', ')}: is the secret key right?`)
  }
  return read.data
}

/** Reads no more than a verdict has: leaving the loop ends the connection. */
async function readShortText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > ANSWER_BYTES_MAX) throw new ProviderAwayError(`an answer has over ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema refuses undefined, and the caller says that it was no verdict.
    return undefined
  }
}
