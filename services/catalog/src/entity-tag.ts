import { createHash } from 'node:crypto'

/** A weak entity tag: it names the content of a body, which may be sent in several codings. */
export function entityTag(body: Buffer): string {
  return `W/"${digestOf(body)}"`
}

/** A name of exactly these bytes, for addresses, headers and ids. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 27)
}
