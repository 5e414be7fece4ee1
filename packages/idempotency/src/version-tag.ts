import { createHash } from 'node:crypto'
import { generalRefusal } from '@frontrow/refusals/general-refusals'

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

/** Names a thing as its changes are counted: two of the same version have the same fields that can be changed. */
export function versionTag(version: number): string {
  return `"v${version}"`
}

/**
 * The tag of one answer that shows a version: with other fields, such as seats left, it is another one, and If-Match takes it for the
 * version that it begins with.
 */
export function answerTag(tag: string, body: string): string {
  return tag.replace(/"$/, `-${createHash('sha1').update(body).digest('base64url').slice(0, 12)}"`)
}

/**
 * Refuses with PRECONDITION_FAILED where an If-Match header names another version. Compared weakly, though RFC 9110 says strongly,
 * because Nginx makes the tags of answers weak that it compresses.
 */
export function requireVersion(ifMatch: string | undefined, version: number): void {
  const named = ifMatch?.replaceAll(/"(v[0-9]+)-[\w-]*"/g, '"$1"')
  if (named === undefined || matchesTag(named, versionTag(version))) return
  throw generalRefusal('PRECONDITION_FAILED', 'somebody else has changed it since it was read', {
    details: { etag: versionTag(version) },
  })
}
