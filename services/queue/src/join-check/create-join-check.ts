import type { Logger } from '@frontrow/service-host/logger'
import type { JoinCheck } from './join-check.ts'
import { proofOfWork } from './proof-of-work.ts'
import type { JoinCheckSettings } from './settings.ts'
import { SITE_VERIFY_URLS, siteVerify } from './site-verify.ts'

/** The check that the settings name. Throws where one of them lacks what it needs; the message has no secret. */
export function createJoinCheck(
  settings: JoinCheckSettings,
  logger: Logger,
  now: () => number = Date.now,
): JoinCheck {
  const kind = settings.JOIN_CHECK
  if (kind === 'none') {
    return {
      kind,
      challenge: () => ({ check: 'none' }),
      verify: () => Promise.resolve({ outcome: 'PASSED' }),
      stop: () => undefined,
    }
  }
  if (kind === 'proof-of-work') {
    return proofOfWork({
      secret: required(settings, 'JOIN_CHECK_SECRET', `JOIN_CHECK is ${kind}`),
      difficulty: settings.JOIN_CHECK_DIFFICULTY,
      lifeMs: settings.JOIN_CHECK_ANSWER_MS,
      now,
    })
  }
  return siteVerify({
    kind,
    url: settings.JOIN_CHECK_VERIFY_URL ?? SITE_VERIFY_URLS[kind],
    siteKey: required(settings, 'JOIN_CHECK_SITE_KEY', `JOIN_CHECK is ${kind}`),
    secretKey: required(settings, 'JOIN_CHECK_PROVIDER_SECRET', `JOIN_CHECK is ${kind}`),
    timeoutMs: settings.JOIN_CHECK_TIMEOUT_MS,
    whenAway: settings.JOIN_CHECK_WHEN_AWAY,
    logger,
  })
}

/** A setting that another one needs. */
export function required(
  settings: JoinCheckSettings,
  name: 'JOIN_CHECK_SECRET' | 'JOIN_CHECK_SITE_KEY' | 'JOIN_CHECK_PROVIDER_SECRET',
  why: string,
): string {
  const value = settings[name]
  if (value === undefined) throw new Error(`the settings are wrong:\n  ${name}: must be set, because ${why}`)
  return value
}
