/** What the first page of a list is asked for with: no cursor. */
export const firstCursor: string | null = null

/** The query of a page of `limit` items behind a cursor. */
export function pageOf(limit: number, cursor: string | null): { limit: number; cursor?: string } {
  return cursor === null ? { limit } : { limit, cursor }
}
