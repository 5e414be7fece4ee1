import { Refusal } from '@frontrow/refusals/refusal'
import type { TokenOutcome__Output as TokenOutcome } from './gen/frontrow/queue/v1/TokenOutcome.ts'
import type { VerifyTokenResponse__Output as VerifiedToken } from './gen/frontrow/queue/v1/VerifyTokenResponse.ts'
import { refusalKind } from './refusals.ts'

/** What one check of VerifyTokens came to: whom the token lets in, or the refusal that VerifyToken would have answered. */
export function readTokenOutcome({ verified, refused }: TokenOutcome): VerifiedToken | Error {
  if (verified) return verified
  const kind = refused ? refusalKind(refused.code) : undefined
  if (!refused || kind === undefined) return new Error(`an outcome of no known form: ${refused?.code}`)
  return new Refusal(refused.code, kind, refused.message, { retryAfterSeconds: refused.retryAfterSeconds })
}
