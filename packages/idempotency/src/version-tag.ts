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

/** Names a thing as its changes are counted; strong, since the same version has the same fields that can be changed. */
export function versionTag(version: number): string {
  return `"v${version}"`
}

/**
 * Refuses with PRECONDITION_FAILED where an If-Match header names another version. Compared weakly, though RFC 9110 says strongly,
 * because Nginx makes the tags of answers weak that it compresses.
 */
export function requireVersion(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || matchesTag(ifMatch, versionTag(version))) return
  throw generalRefusal('PRECONDITION_FAILED', 'somebody else has changed it since it was read', {
    details: { etag: versionTag(version) },
  })
}
