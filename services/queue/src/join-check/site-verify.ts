import { BreakerOpenError, createBreaker } from '@frontrow/service-host/breaker'
import type { Logger } from '@frontrow/service-host/logger'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
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

const verdict = z.object({
  success: z.boolean(),
  'error-codes': z.array(z.string()).default([]),
})

/** What a provider says of our keys or of itself, not of the person. */
const NOT_THEIRS: ReadonlySet<string> = new Set([
  'missing-input-secret',
  'invalid-input-secret',
  'sitekey-secret-mismatch',
  'not-using-dummy-secret',
  'internal-error',
])

/** Calls at once, by process. A provider that answers late must not hold what is left of a rush. */
const AT_ONCE_MAX = 500
const ANSWER_BYTES_MAX = 10_000
const RETRY_AFTER_SECONDS = 5

class ProviderAwayError extends Error {
  override name = 'ProviderAwayError'
}

/**
 * Asks the provider of a widget in the page whether an answer is good. Both speak the same protocol, and take an answer once. One that does not
 * answer in time, fails, or does not know our keys is away, and `whenAway` says what becomes of people then. The address of the person is not sent.
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
  let inWork = 0
  return {
    kind,
    challenge: () => ({ check: kind, siteKey: options.siteKey }),
    async verify(answer) {
      if (inWork >= AT_ONCE_MAX) return away(new ProviderAwayError(`${AT_ONCE_MAX} calls wait for ${kind}`))
      inWork += 1
      try {
        return await breaker.run(() => ask(options, answer))
      } catch (error) {
        return away(error)
      } finally {
        inWork -= 1
      }
    },
    stop: () => breaker.shutdown(),
  }

  function away(error: unknown): Verdict {
    // An open breaker has said so once, and would fill the log.
    if (!(error instanceof BreakerOpenError))
      logger.warn({ err: error, check: kind, whenAway }, 'the check at the join is away')
    if (whenAway === 'open') return { outcome: 'UNCHECKED' }
    throw generalRefusal('UNAVAILABLE', 'the check at the join does not answer; try again', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    })
  }
}

async function ask({ kind, url, secretKey, timeoutMs }: SiteVerifyOptions, answer: string): Promise<Verdict> {
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ secret: secretKey, response: answer }),
    // A provider that sends us elsewhere would get our key there.
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const text = await response.text()
  // hCaptcha says by 400 what Turnstile says by 200, so the body counts.
  const read = verdict.safeParse(text.length > ANSWER_BYTES_MAX ? undefined : parseJson(text))
  if (!read.success || response.status >= 500) {
    throw new ProviderAwayError(`${kind} answered ${response.status} and no verdict`)
  }
  if (read.data.success) return { outcome: 'PASSED' }
  const codes = read.data['error-codes']
  const ours = codes.filter((code) => NOT_THEIRS.has(code))
  if (ours.length > 0) throw new ProviderAwayError(`${kind} says ${ours.join(', ')}: are the keys right?`)
  const isOver = codes.some((code) => /timeout|expired|already-seen/.test(code))
  return { outcome: 'REFUSED', fault: isOver ? 'EXPIRED' : 'WRONG' }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema refuses undefined, and the caller says that it was no verdict.
    return undefined
  }
}
