import { useCallback, useEffect, useRef } from 'react'

/** Gives a signal that aborts when the component goes, for what it has begun. */
export function useLeaving(): () => AbortSignal {
  const leaving = useRef(new AbortController())
  useEffect(() => {
    // An effect may run twice, and what aborted once stays so.
    if (leaving.current.signal.aborted) leaving.current = new AbortController()
    return () => leaving.current.abort()
  }, [])
  return useCallback(() => leaving.current.signal, [])
}
