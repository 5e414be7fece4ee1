import { useMutation } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { forgetTry, goesOnByItself, keptTry } from './kept-tries.ts'
import { isSecondPress, pressedAtMs } from './second-press.ts'
import type { Unsettled } from './settle.ts'

/** A request that takes effect once, whatever is pressed, reloaded or lost. */
export interface Once<B, D> {
  /**
   * Sends it. While one is at work, and for the second half of a double click whose first half was not refused already, it does nothing;
   * while the end of an earlier one is unknown it goes on with that one.
   */
  press: (body: B) => void
  isPending: boolean
  unsettled: Unsettled | undefined
  error: unknown
  /** What came of it. */
  data: D | undefined
  /** What was sent last. */
  sent: B | undefined
  /** An earlier request whose end is unknown and that nothing asks about any more: a press on it goes on. */
  open: B | undefined
}

interface OnceOptions<B, D> {
  /** What the try is kept under. */
  purpose: string
  /** Reads the body of a kept try; undefined for what is none. */
  read: (body: unknown) => B | undefined
  /** Sends it by `settle`, under the same purpose. */
  run: (body: B, tell: (unsettled: Unsettled) => void) => Promise<D>
  /** How old an unfinished try may be to matter still, where that is less than the API keeps its key for. */
  lifeMs?: number
  /** Whether what a reload cut off goes on without a press; else it is only said that its end is unknown. */
  goesOn?: boolean
  onSuccess?: (data: D) => unknown
  onError?: () => unknown
  onSettled?: () => unknown
}

/** A request of a page that goes on after a reload, while it is young and was not given up. */
export function useOnce<B, D>(options: OnceOptions<B, D>): Once<B, D> {
  const { purpose, run, goesOn = true } = options
  const [unsettled, setUnsettled] = useState<Unsettled>()
  const lastAtMs = useRef<number>(undefined)
  const sending = useMutation<D, Error, B>({
    mutationFn: (body) => {
      setUnsettled(undefined)
      return run(body, setUnsettled)
    },
    onSuccess: (data) => options.onSuccess?.(data),
    onError: () => {
      lastAtMs.current = undefined
      return options.onError?.()
    },
    onSettled: () => options.onSettled?.(),
  })
  const goOn = useEffectEvent(() => {
    const kept = keptTry(purpose)
    if (kept === undefined || sending.isPending) return
    const body = openTry(options)
    if (body === undefined) forgetTry(purpose, kept.key)
    else if (goesOn && goesOnByItself(kept)) sending.mutate(body)
  })
  useEffect(() => goOn(), [purpose])
  return {
    press: (body) => {
      const isSame = JSON.stringify(sending.variables) === JSON.stringify(body)
      const isSecond = isSame && isSecondPress(lastAtMs.current, pressedAtMs())
      lastAtMs.current = pressedAtMs()
      if (sending.isPending || isSecond) return
      sending.mutate(openTry(options) ?? body)
    },
    isPending: sending.isPending,
    unsettled,
    error: sending.error,
    data: sending.data,
    sent: sending.variables,
    open: sending.isPending ? undefined : openTry(options),
  }
}

function openTry<B, D>({ purpose, read, lifeMs = Infinity }: OnceOptions<B, D>): B | undefined {
  const kept = keptTry(purpose)
  return kept === undefined || Date.now() - kept.beganAt > lifeMs ? undefined : read(kept.body)
}
