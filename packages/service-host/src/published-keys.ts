import { FailureLog } from '@frontrow/failure-log/failure-log'
import { createRemoteJWKSet, errors, jwksCache } from 'jose'
import type { ExportedJWKSCache, JWK, JWKSCacheInput, JWTVerifyGetKey } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Logger } from './logger.ts'

/** The identity provider's keys can't be read, or not again yet, so it is unknown whether a token is good. */
export class KeysUnreadError extends Error {
  override name = 'KeysUnreadError'
}

const TIMEOUT_MS = 2_000
// A token with a key that is not known yet makes us read again, but a flood of forged ones must not flood the provider.
const READ_AGAIN_AFTER_MS = 5_000
// Readiness is asked for several times a second while a system starts.
const READ_FIRST_EVERY_MS = 500
const REFRESH_EVERY_MS = 600_000
const RETRY_REFRESH_AFTER_MS = 30_000
// A key that was withdrawn while the provider could not be read is accepted for so long.
const KEEP_MS = 86_400_000

// A flood of made-up names pushes out the others; then their tokens are sent back for another try, as before.
const MISSING_MAX = 1_000
const MISSING_KID_LENGTH_MAX = 200

/** The keys of one identity provider. */
export interface PublishedKeys {
  /** The key of a token. */
  getKey: JWTVerifyGetKey
  /** Reads the keys unless some are known; whether some are, or none are published, or they could not be read. */
  read: () => Promise<'known' | 'none' | 'unread'>
}

/**
 * Looks up the keys that an identity provider publishes under `url`. Known keys are refreshed in the background, so that they go
 * on serving while the provider is away. `getKey` rejects with a KeysUnreadError, and not with JWKSNoMatchingKey, where reading again could
 * still bring the key.
 */
export function publishedKeys(url: string, logger: Logger): PublishedKeys {
  const failures = new FailureLog(logger, "the identity provider's keys can't be read")
  // jose keeps what it read last in here. Its own jwks() makes a copy at each call, which a crowd would pay for.
  const cache: JWKSCacheInput = {}
  const keys = createRemoteJWKSet(new URL(url), {
    [jwksCache]: cache,
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: READ_AGAIN_AFTER_MS,
    cacheMaxAge: KEEP_MS,
  })
  const missing = new MissingKeys()
  let refreshAtMs = Date.now() + REFRESH_EVERY_MS
  let failedUntilMs = 0
  let readFirstAtMs = 0

  const refresh = async (): Promise<void> => {
    refreshAtMs = Date.now() + RETRY_REFRESH_AFTER_MS
    try {
      await keys.reload()
      failures.succeeded()
      refreshAtMs = Date.now() + REFRESH_EVERY_MS
    } catch (error) {
      failures.failed(error)
    }
  }

  const read: PublishedKeys['read'] = async () => {
    if (keysIn(cache).length === 0 && Date.now() >= readFirstAtMs) {
      readFirstAtMs = Date.now() + READ_FIRST_EVERY_MS
      await refresh()
    }
    if (keysIn(cache).length > 0) return 'known'
    return isFilled(cache) ? 'none' : 'unread'
  }

  const getKey: JWTVerifyGetKey = async (header, token) => {
    const known = keysIn(cache)
    // What is being read already may be older than the token, so that a key which it does not bring may have been published since.
    const wasReading = keys.reloading
    if (known.length > 0 && Date.now() >= refreshAtMs) void refresh()
    // A token that names no key may be of any. The header is whatever somebody sent.
    const { kid }: { kid?: unknown } = header
    if (kid !== undefined && typeof kid !== 'string')
      throw new errors.JWSInvalid('the name of its key must be a string')
    // Keys that were read too long ago are read again, so the rules for keys that are not known hold for them.
    const isKnown =
      keys.fresh && (kid === undefined ? known.length > 0 : known.some((key) => key.kid === kid))
    if (!isKnown && Date.now() < failedUntilMs)
      throw new KeysUnreadError('the keys could not be read just now')
    const wasJustRead = keys.coolingDown || wasReading
    try {
      const key = await keys(header, token)
      // A key that was known already says nothing about whether the provider can be read.
      if (!isKnown) failures.succeeded()
      return key
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) throw error
      const isAnswer = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported
      const isAbsent = !wasReading && missing.isAbsent(kid, cache)
      if (isAnswer && (!wasJustRead || isAbsent) && keysIn(cache).length > 0) throw error
      if (!isAnswer) {
        failedUntilMs = Date.now() + READ_AGAIN_AFTER_MS
        failures.failed(error)
      }
      throw new KeysUnreadError('the key is not among those read last', { cause: error })
    }
  }
  return { getKey, read }
}

/**
 * Remembers for which keys somebody asked that were not published. A key that is not there at a later reading either will not come: its
 * tokens are refused instead of sent back for another try, or whoever has a token of a withdrawn key would never sign in anew.
 */
class MissingKeys {
  readonly #missedAt = new LRUCache<string, number>({ max: MISSING_MAX })

  /** Whether the key was asked for before the last reading, which did not bring it. */
  isAbsent(kid: string | undefined, cache: JWKSCacheInput): boolean {
    if (kid === undefined || kid.length > MISSING_KID_LENGTH_MAX || !isFilled(cache)) return false
    const missedAt = this.#missedAt.get(kid)
    if (missedAt === undefined) this.#missedAt.set(kid, cache.uat)
    return missedAt !== undefined && missedAt < cache.uat
  }
}

function keysIn(cache: JWKSCacheInput): readonly JWK[] {
  return isFilled(cache) ? cache.jwks.keys : []
}

function isFilled(cache: JWKSCacheInput): cache is ExportedJWKSCache {
  return 'jwks' in cache
}
