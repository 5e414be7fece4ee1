import { createHash } from 'node:crypto'

/** A weak entity tag: it names the content of a body, which may be sent in several codings. */
export function entityTag(body: Buffer): string {
  return `W/"${digestOf(body)}"`
}

/** A name of exactly these bytes, for addresses, headers and ids. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 27)
}

/** Whether an If-None-Match header names this tag. Compared weakly, as RFC 9110 says for it. */
export function matchesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const opaque = withoutWeakness(tag)
  return ifNoneMatch
    .split(',')
    .map((one) => withoutWeakness(one.trim()))
    .some((one) => one === opaque || one === '*')
}

function withoutWeakness(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag
}
