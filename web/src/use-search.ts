import { useEffect, useState } from 'react'
import { useSearchParams } from 'react-router'

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

/** A search that the page's address holds, so that it is still there on the way back and after a reload. */
export function useSearchInAddress(): { typed: string; query: string; type: (text: string) => void } {
  const [params, setParams] = useSearchParams()
  const typed = params.get('query') ?? ''
  const query = useSearch(typed)
  return { typed, query, type: (text) => setParams(text === '' ? {} : { query: text }, { replace: true }) }
}
