import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { USER_ID_RULE, userId as userIdRule } from '@frontrow/values/ids'
import { rolesReader } from '@frontrow/values/roles'
import type { Role, RoleSettings } from '@frontrow/values/roles'
import { decodeJwt, errors } from 'jose'
import type { JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import type { HostSettings } from './config.ts'
import type { Logger } from './logger.ts'
import { readContact } from './contact.ts'
import type { Contact } from './contact.ts'
import { KeysUnreadError } from './published-keys.ts'
import { tokenKeys } from './token-keys.ts'
import type { TokenKeys } from './token-keys.ts'
import { tokenVerifier } from './verify-token.ts'

/** Who sent a request. */
export interface Caller {
  /** The token's subject, as text, 1 to 64 characters. */
  readonly userId: string
  /** Which roles the token names. */
  readonly roles: readonly Role[]
  /** Whether this may be done for whomever the request names: by an admin, or by a role that the route names. */
  readonly actsForAnybody: boolean
  /** Where the token says that mail for its subject goes; undefined where it names no address, or one that was found not to be theirs. */
  readonly contact?: Contact | undefined
}

/** The holder of a place in a waiting room: whoever sends its queue token. */
export interface TokenHolder {
  readonly queueToken: string
  /** The user of the bearer token, when the request also has one. */
  readonly userId: string | undefined
}

/** What a handler gets as `caller`, for each `auth` of its route. */
export interface Callers {
  none: undefined
  user: Caller
  admin: Caller
  token: TokenHolder
}

/** The settings that decide which bearer tokens are accepted. */
export type AuthSettings = Pick<
  HostSettings,
  | 'HOST'
  | 'JWT_SECRET'
  | 'JWKS_URL'
  | 'JWT_ISSUER'
  | 'JWT_AUDIENCE'
  | 'JWT_ALGORITHMS'
  | 'JWT_CLOCK_SKEW_SECONDS'
  | 'DEVELOPMENT_JWKS'
> &
  RoleSettings

/** Turns an `Authorization` header into the caller; refuses with UNAUTHENTICATED. */
export type Authenticate = (authorization: string | undefined) => Promise<Caller>

const CACHE_MAX = 40_000
const CACHE_MS = 30_000

/**
 * Verifies bearer tokens against a JWKS URL or a shared secret; signature, issuer, audience and expiry are all required.
 * A good token is remembered for 30 s at most (and never past its expiry), so that a poll costs no signature check.
 */
export function createAuthenticate(
  settings: AuthSettings,
  logger: Logger,
  now: () => number = Date.now,
  keys: TokenKeys = tokenKeys(settings, logger),
): Authenticate {
  const verify = createVerify(settings, keys, now)
  const readRoles = rolesReader(settings)
  const verified = new LRUCache<string, { caller: Caller; until: number }>({ max: CACHE_MAX })
  return async (authorization) => {
    const token = bearerToken(authorization)
    const remembered = verified.get(token)
    if (remembered !== undefined && remembered.until > now()) return remembered.caller
    const payload = await verify(token)
    const caller = toCaller(payload, readRoles(payload))
    const expires = (payload.exp ?? 0) * 1_000
    verified.set(token, { caller, until: Math.min(now() + CACHE_MS, expires) })
    return caller
  }
}

function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined)
    throw generalRefusal('UNAUTHENTICATED', 'Authorization: Bearer <JWT> is required')
  const match = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization)
  if (match?.[1] === undefined) throw generalRefusal('UNAUTHENTICATED', 'Authorization must be Bearer <JWT>')
  return match[1]
}

function createVerify(
  settings: AuthSettings,
  { algorithms, getKey }: TokenKeys,
  now: () => number,
): (token: string) => Promise<JWTPayload> {
  const verify = tokenVerifier(getKey)
  return (token) =>
    refuseBadToken(() =>
      verify(token, {
        algorithms,
        issuer: settings.JWT_ISSUER,
        audience: settings.JWT_AUDIENCE,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: settings.JWT_CLOCK_SKEW_SECONDS,
        currentDate: new Date(now()),
      }),
    )
}

async function refuseBadToken(verify: () => Promise<JWTPayload>): Promise<JWTPayload> {
  try {
    return await verify()
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw generalRefusal('UNAUTHENTICATED', 'the token has expired')
    if (!isTokenAtFault(error)) {
      throw generalRefusal('UNAVAILABLE', "the identity provider's keys can't be read", {
        retryAfterSeconds: 5,
        // published-keys.ts has logged why the keys can't be read, once for the crowd that needs them.
        ...(error instanceof KeysUnreadError ? {} : { cause: error }),
      })
    }
    const message =
      error instanceof errors.JWTClaimValidationFailed
        ? `the token's claim ${error.claim} is not valid: ${CLAIM_RULES[error.claim] ?? 'it must be there'}`
        : 'the token is not valid'
    throw generalRefusal('UNAUTHENTICATED', message, { cause: error })
  }
}

const CLAIM_RULES: Readonly<Record<string, string>> = {
  iss: 'it must be the issuer that this system trusts',
  aud: 'it must name this system',
  nbf: 'it must be a time that has come',
  exp: 'it must be a time, and is required',
}

// Any other error is a failure between us and the identity provider. It must not be 401, because a front end that gets
// 401 logs its user out, in the middle of a sale.
const TOKEN_FAULTS: ReadonlySet<string> = new Set(
  [
    errors.JWTInvalid,
    errors.JWTClaimValidationFailed,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
    errors.JWKSNoMatchingKey,
  ].map(({ code }) => code),
)

function isTokenAtFault(error: unknown): boolean {
  return error instanceof errors.JOSEError && TOKEN_FAULTS.has(error.code)
}

function toCaller(payload: JWTPayload, roles: readonly Role[]): Caller {
  // Some identity providers write a number; the API speaks its decimal string.
  const subject: unknown = payload.sub
  const asText = typeof subject === 'number' && Number.isSafeInteger(subject) ? String(subject) : subject
  const read = userIdRule.safeParse(asText)
  if (!read.success) throw generalRefusal('UNAUTHENTICATED', `the token's subject ${USER_ID_RULE}`)
  return {
    userId: read.data,
    roles,
    actsForAnybody: roles.includes('admin'),
    contact: readContact(payload),
  }
}

/** The claims of a bearer token that was verified before; none where there is no token. */
export function claimsOf(authorization: string | undefined): Readonly<Record<string, unknown>> {
  return authorization === undefined ? {} : decodeJwt(bearerToken(authorization))
}

/** The user a request is about: the caller, or whomever is named where the caller may act for anybody. For others another user's id is FORBIDDEN. */
export function actingUser(caller: Caller, userId: string | undefined): string {
  if (userId === undefined || userId === caller.userId) return caller.userId
  if (caller.actsForAnybody) return userId
  throw generalRefusal('FORBIDDEN', 'userId must be your own')
}

/**
 * Makes the function that tells whether the bearer token of a request names a role of ours. The token is not verified: only for a choice that gives
 * its sender nothing that others could not have, on routes that are for everybody.
 */
export function claimsToBeStaff(settings: RoleSettings): (authorization: string | undefined) => boolean {
  const readRoles = rolesReader(settings)
  return (authorization) => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return false
    try {
      return readRoles(decodeJwt(token)).length > 0
    } catch (error) {
      if (error instanceof errors.JWTInvalid) return false
      throw error
    }
  }
}
