import { hash, randomBytes } from 'node:crypto'

/**
 * A new token value: a UUIDv7 whose 74 bits that are not time all come from the system's random source. Generators of
 * sortable ids count up within a millisecond, which tells one person much of the next one's token.
 */
export function newTokenValue(nowMs: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
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
