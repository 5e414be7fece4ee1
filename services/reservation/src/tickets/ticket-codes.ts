import { createHash, createPublicKey } from 'node:crypto'
import type { KeyObject, webcrypto } from 'node:crypto'
import { refuse } from '@frontrow/proto/refusals'
import { id } from '@frontrow/values/ids'
import { errors, jwtVerify, SignJWT } from 'jose'
import type { JWTHeaderParameters } from 'jose'
import { z } from 'zod'

/** What the code of a ticket says: which seat of which reservation, and for which show. Nothing in it says who bought it. */
export interface TicketFacts {
  reservationNumber: string
  scheduleId: number
  seatId: number
}

/** A key that codes are verified by, as a JSON Web Key. */
interface PublishedKey {
  kty: 'OKP'
  crv: 'Ed25519'
  x: string
  kid: string
  alg: 'EdDSA'
  use: 'sig'
}

/** Makes and reads the codes of tickets. */
export interface TicketCodes {
  /** Every key whose codes are taken; the first one signs. */
  publishedKeys: readonly PublishedKey[]
  /** The code of a ticket. The same ticket has the same code as long as the same key signs. */
  sign(ticket: TicketFacts): Promise<string>
  /** Refuses with TICKET_INVALID what none of the keys has signed. */
  read(code: string): Promise<TicketFacts>
}

const ALGORITHM = 'EdDSA'
// Enough to tell the few keys of one installation apart; a whole thumbprint would make each code 52 characters longer.
const KEY_ID_CHARACTERS = 4

// Short names, because each character makes the QR code denser: with ids of seven digits a code has 196 characters.
const claimsOfCode = z.strictObject({ res: z.string(), sch: id, seat: id })

/**
 * Codes are JSON Web Tokens by Ed25519, so that any library of JOSE verifies them, without a connection. `others` are public keys
 * whose codes are taken too: of keys that signed before, and of the one that signs next.
 */
export function createTicketCodes(signingKey: KeyObject, others: readonly KeyObject[]): TicketCodes {
  const signer = signingKey.toCryptoKey({ name: 'Ed25519' }, false, ['sign'])
  const verifiers = new Map<string, webcrypto.CryptoKey>()
  const publishedKeys: PublishedKey[] = []
  for (const key of [createPublicKey(signingKey), ...others]) {
    const published = toPublishedKey(key)
    const known = publishedKeys.find(({ kid }) => kid === published.kid)
    if (known?.x === published.x) continue
    if (known !== undefined) throw new Error(`two keys of tickets have the id ${known.kid}: make another key`)
    verifiers.set(published.kid, key.toCryptoKey({ name: 'Ed25519' }, false, ['verify']))
    publishedKeys.push(published)
  }
  const signingKeyId = publishedKeys[0]?.kid ?? ''
  const keyOf = ({ kid = '' }: JWTHeaderParameters): webcrypto.CryptoKey => {
    const key = verifiers.get(kid)
    if (key === undefined) throw invalid('the code is not of a key of ours')
    return key
  }
  return {
    publishedKeys,
    sign: ({ reservationNumber, scheduleId, seatId }) =>
      new SignJWT({ res: reservationNumber, sch: scheduleId, seat: seatId })
        .setProtectedHeader({ alg: ALGORITHM, kid: signingKeyId })
        .sign(signer),
    read: (code) => readCode(code, keyOf),
  }
}

async function readCode(
  code: string,
  keyOf: (header: JWTHeaderParameters) => webcrypto.CryptoKey,
): Promise<TicketFacts> {
  // Base64 has spare bits at its end, and readers pass over other characters. Only one spelling of a code is taken.
  const isAsMade = code
    .split('.')
    .every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
  if (!isAsMade) throw invalid('the code is damaged')
  try {
    const { payload } = await jwtVerify(code, keyOf, { algorithms: [ALGORITHM] })
    const claims = claimsOfCode.safeParse(payload)
    if (!claims.success) throw invalid('the code is not of a ticket')
    const { res, sch, seat } = claims.data
    return { reservationNumber: res, scheduleId: sch, seatId: seat }
  } catch (error) {
    if (error instanceof errors.JOSEError) throw invalid('the code is forged or damaged', error)
    throw error
  }
}

function invalid(message: string, cause?: unknown): Error {
  return refuse('TICKET_INVALID', message, { cause })
}

function toPublishedKey(key: KeyObject): PublishedKey {
  const { x } = key.export({ format: 'jwk' })
  if (x === undefined) throw new Error('a key of Ed25519 has no x')
  // The thumbprint of RFC 7638, which wants these members in this order.
  const thumbprint = createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url')
  return {
    kty: 'OKP',
    crv: 'Ed25519',
    x,
    kid: thumbprint.slice(0, KEY_ID_CHARACTERS),
    alg: ALGORITHM,
    use: 'sig',
  }
}
