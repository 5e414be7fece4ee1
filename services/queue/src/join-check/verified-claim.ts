import { createHmac } from 'node:crypto'
import { refuse } from '@frontrow/proto/refusals'
import { claimAt } from '@frontrow/values/claims'
import { required } from './create-join-check.ts'
import type { JoinCheckSettings } from './settings.ts'

const VALUE_LENGTH_MAX = 1_000
/** Of JOIN_CLAIM_VERIFIED: the identity provider alone writes the claim. */
const NOT_NEEDED = 'none'
/** A number as people write it, such as +82 (10) 1234-5678. */
const PUNCTUATED_NUMBER = /^\(?\+?[\d()./\u2010-\u2015-]*$/

/** The claims of a token that was verified. */
export type Claims = Readonly<Record<string, unknown>>

/** Makes of a token's claims what is stored of the one that has one place; refuses with JOIN_CLAIM_REQUIRED where it is missing or not verified. */
export type HashClaim = (claims: Claims) => Buffer

/**
 * Reads the claim that JOIN_CLAIM names; undefined where it names none. Values are told apart without regard to upper case, spaces
 * and forms of Unicode, and numbers without their punctuation, because an identity provider may write the same address in two ways. Only an HMAC leaves this function: a hash
 * without a key of all telephone numbers is made in an hour.
 */
export function claimHasher(settings: JoinCheckSettings): HashClaim | undefined {
  const { JOIN_CLAIM: path, JOIN_CLAIM_VERIFIED: verifiedPath } = settings
  if (path === undefined) {
    if (verifiedPath === undefined) return undefined
    throw new Error('the settings are wrong:\n  JOIN_CLAIM: must be set, because JOIN_CLAIM_VERIFIED is')
  }
  if (verifiedPath === undefined) {
    // Whoever writes another person's number into their account first would keep that person out.
    throw new Error(
      'the settings are wrong:\n  JOIN_CLAIM_VERIFIED: must be set, because JOIN_CLAIM is; `none` where nobody can write that claim into their own account',
    )
  }
  const secret = required(settings, 'JOIN_CHECK_SECRET', 'JOIN_CLAIM is')
  return (claims) => {
    const value = toText(claimAt(claims, path))
    const isVerified = verifiedPath === NOT_NEEDED || claimAt(claims, verifiedPath) === true
    if (value === undefined || !isVerified) {
      throw refuse(
        'JOIN_CLAIM_REQUIRED',
        `your account has no verified ${path}, which a place in this line needs`,
        {
          details: { claim: path },
        },
      )
    }
    return createHmac('sha256', secret).update(`claim|${path}|${value}`).digest()
  }
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  if (typeof value !== 'string') return undefined
  const text = value.normalize('NFKC').replaceAll(/\s+/g, '').toLowerCase()
  const compared = PUNCTUATED_NUMBER.test(text) ? text.replaceAll(/[^\d+]/g, '') : text
  return !/[^+]/.test(compared) || text.length > VALUE_LENGTH_MAX ? undefined : compared
}
