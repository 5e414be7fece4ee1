import { useEffect, useState } from 'react'

/** What the API takes to search for. */
export const QUERY_MAX_LENGTH = 100
const SETTLED_AFTER_MS = 250

/** What is searched for: what was typed, once that has not changed for a while, so that not every letter is a request. */
export function useSearch(typed: string): string {
  const query = typed.trim().slice(0, QUERY_MAX_LENGTH)
  const [settled, setSettled] = useState(query)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(query), SETTLED_AFTER_MS)
    return () => clearTimeout(timer)
  }, [query])
  return settled
}
