import { createHash } from 'node:crypto'

/** A strong entity tag of exactly these bytes. */
export function entityTag(body: Buffer): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
}

/**
 * Whether an If-None-Match header names this tag. Compared weakly, as RFC 9110 says for it: a gateway that compresses
 * the answer makes our strong tag a weak one.
 */
export function matchesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''))
    .some((one) => one === tag || one === '*')
}
