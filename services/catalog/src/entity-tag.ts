import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'

/** A weak entity tag: it names the content of a body, which may be sent in several codings. */
export function entityTag(body: Buffer): string {
  return `W/"${digestOf(body)}"`
}

/** A name of exactly these bytes, for addresses, headers and ids. */
export function digestOf(bytes: Uint8Array): string {
  return nameOfDigest(createHash('sha256').update(bytes))
}

/** The same of the bytes that a SHA-256 hash has taken, which ends it. */
export function nameOfDigest(hash: Hash): string {
  return hash.digest('base64url').slice(0, 27)
}
