import { claimsOf, signClaims } from '@frontrow/test-kit/identity-provider'
import type { SigningKey } from '@frontrow/test-kit/identity-provider'

// So many signatures are in work at once that libuv's threads always have some; a promise each for all of them takes memory.
const AT_ONCE = 1_000

/** The bearer tokens of everybody who sends requests. */
export interface People {
  admin: string
  /** A thousand people, who are in each room before others come. */
  early: readonly string[]
  /** People who join during a measurement. Nobody joins twice within one row, so that each token is verified anew. */
  late: readonly string[]
}

/**
 * Signs bearer tokens, each for another user. This is done before anything is measured, because an RS256 signature takes 0.7 ms and
 * a round needs thousands of tokens that no service has seen.
 */
export async function signBearerTokens(
  key: SigningKey,
  prefix: string,
  count: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string[]> {
  const tokens: string[] = []
  while (tokens.length < count) {
    const from = tokens.length
    const some = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_none, index) =>
      signClaims(key, claimsOf(`${prefix}-${from + index}`, more)),
    )
    tokens.push(...(await Promise.all(some)))
  }
  return tokens
}
