import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { leadingZeroBits } from '@frontrow/proof-of-work/proof'
import type { Asker, JoinCheck, SpentChallenge, Verdict } from './join-check.ts'

const ANSWER =
  /^(?<ends>[0-9a-z]{1,9})\.(?<bits>[0-9]{1,2})\.(?<salt>[\w-]{8})\.(?<seal>[\w-]{22})\.(?<nonce>[0-9]{1,16})$/
const SALT_BYTES = 6
const SEAL_BYTES = 16

interface ProofOfWorkOptions {
  /** Signs challenges; the same on every instance. */
  secret: string
  /** Zero bits of the hash. */
  difficulty: number
  /** How long a challenge may be answered. */
  lifeMs: number
  now: () => number
}

/**
 * A check that needs nobody else: who joins looks for a number that gives a hash with so many zero bits, which costs a browser a moment and
 * an army of accounts that moment each. The service keeps nothing of a challenge. It ends with 128 bits of an HMAC over its parts, its
 * user and its schedule. A challenge with the longest number is shorter than 56 bytes, so that a try is one block of SHA-256.
 */
export function proofOfWork({ secret, difficulty, lifeMs, now }: ProofOfWorkOptions): JoinCheck {
  const sealOf = (open: string, { userId, scheduleId }: Asker): Buffer =>
    createHmac('sha256', secret)
      // The user comes last, since it may hold any character.
      .update(`proof of work|${open}|${scheduleId}|${userId}`)
      .digest()
      .subarray(0, SEAL_BYTES)
  return {
    kind: 'proof-of-work',
    challenge(asker) {
      // Whole seconds are shorter to write.
      const endsAt = Math.ceil((now() + lifeMs) / 1_000)
      const open = `${endsAt.toString(36)}.${difficulty}.${randomBytes(SALT_BYTES).toString('base64url')}`
      const challenge = `${open}.${sealOf(open, asker).toString('base64url')}`
      return {
        check: 'proof-of-work',
        challenge,
        difficulty,
        expiresAt: new Date(endsAt * 1_000).toISOString(),
      }
    },
    verify: (answer, asker) => Promise.resolve(verdictOf(answer, asker)),
    stop: () => undefined,
  }

  function verdictOf(answer: string, asker: Asker): Verdict {
    const { ends, bits, salt, seal } = ANSWER.exec(answer)?.groups ?? {}
    if (ends === undefined || bits === undefined || salt === undefined || seal === undefined) {
      return { outcome: 'REFUSED', fault: 'MALFORMED' }
    }
    const spends: SpentChallenge = {
      seal: Buffer.from(seal, 'base64url'),
      expiresAtMs: Number.parseInt(ends, 36) * 1_000,
    }
    const isOurs = timingSafeEqual(sealOf(`${ends}.${bits}.${salt}`, asker), spends.seal)
    if (!isOurs) return { outcome: 'REFUSED', fault: 'NOT_YOURS' }
    if (spends.expiresAtMs <= now()) return { outcome: 'REFUSED', fault: 'EXPIRED' }
    const isSolved = leadingZeroBits(hash('sha256', answer, 'buffer')) >= Number(bits)
    return isSolved ? { outcome: 'PASSED', spends } : { outcome: 'REFUSED', fault: 'WRONG' }
  }
}
