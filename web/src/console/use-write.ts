import { useMutation } from '@tanstack/react-query'
import { useRef } from 'react'
import { isWorthRepeating } from '../api.ts'
import { pressedAtMs } from '../second-press.ts'
import { isSecondHalf, keyOf } from './intention.ts'
import type { Intention, Press } from './intention.ts'

/** How often a write is sent anew by itself: some 3 s. What somebody steered longer ago may be undone by now, and is theirs to press again. */
const REPEATS_MAX = 2

/** A change that a person asks for by a press. */
export interface Write<B, D> {
  /**
   * Asks for it, once however often it is pressed: while one is at work, and for the second half of a double click, nothing is sent; where
   * the first half was refused already, the second one sends it again. `onDone` is called when it was done.
   */
  press: (body: B, onDone?: () => void) => void
  isPending: boolean
  /** Why it failed last; null while it is at work, and after it was done. */
  error: Error | null
  /** What came of the last one that was done. */
  data: D | undefined
  /** What was asked for last. */
  sent: B | undefined
  /** Forgets how the last one went. */
  reset: () => void
}

/**
 * A write of the console. Each intention has an Idempotency-Key of its own, which `send` puts into the request: what is sent again by
 * itself, or pressed again with the same body soon after a failure, takes effect once. For what must also outlive a reload, use `useOnce`.
 */
export function useWrite<B, D>(
  send: (body: B, key: string) => Promise<D>,
  {
    isToggle = false,
    onSuccess,
    onError,
  }: {
    /** Whether the same button asks for the opposite once it was done: then the second half of a double click has another body. */
    isToggle?: boolean
    onSuccess?: (data: D) => unknown
    onError?: () => unknown
  } = {},
): Write<B, D> {
  // React draws after the second click of a double click, so what is drawn can't tell whether one is at work.
  const isAtWork = useRef(false)
  const unsettled = useRef<Intention>(undefined)
  const last = useRef<Press>(undefined)
  const sending = useMutation<D, Error, { body: B; key: string }>({
    mutationFn: ({ body, key }) => send(body, key),
    retry: (failures, error) => failures < REPEATS_MAX && isWorthRepeating(error),
    retryDelay: (failures) => 1_000 * 2 ** failures,
    onSuccess: (data) => {
      unsettled.current = undefined
      return onSuccess?.(data)
    },
    onError: (error, { body, key }) => {
      last.current = undefined
      unsettled.current = isWorthRepeating(error)
        ? { key, text: JSON.stringify(body), failedAtMs: performance.now() }
        : undefined
      return onError?.()
    },
    onSettled: () => {
      isAtWork.current = false
    },
  })
  return {
    press: (body, onDone) => {
      const text = JSON.stringify(body)
      const press = { text, atMs: pressedAtMs() }
      const isSecond = isSecondHalf(last.current, press, isToggle)
      last.current = press
      if (isAtWork.current || isSecond) return
      isAtWork.current = true
      const key = keyOf(unsettled.current, text, performance.now())
      sending.mutate({ body, key }, { onSuccess: () => onDone?.() })
    },
    isPending: sending.isPending,
    error: sending.error,
    data: sending.data,
    sent: sending.variables?.body,
    reset: sending.reset,
  }
}
