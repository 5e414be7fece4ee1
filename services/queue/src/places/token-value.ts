import { hash, randomUUID } from 'node:crypto'

/**
 * A new token value: a UUIDv7 whose 74 bits that are not time all come from the system's random source. Generators of
 * sortable ids count up within a millisecond, which tells one person much of the next one's token.
 */
export function newTokenValue(nowMs: number): string {
  const time = nowMs.toString(16).padStart(12, '0')
  // The variant and the 74 random bits are those of a UUIDv4. Node keeps a stock of random bytes for it, so that a value takes a
  // tenth of the time of reading the random source.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}

/** What is stored of a token value. */
export interface TokenHash {
  /** SHA-256, in PostgreSQL. */
  full: Buffer
  /** Its first 128 bits, in Redis and in memory, where a million of them should stay small. */
  digest: string
}

/** The hash of a value as its client sends it. */
export function hashToken(value: string): TokenHash {
  const full = hash('sha256', value, 'buffer')
  return { full, digest: toDigest(full) }
}

/** The short form of a stored hash. */
export function toDigest(full: Buffer): string {
  return full.toString('base64url', 0, 16)
}
