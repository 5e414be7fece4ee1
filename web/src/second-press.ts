/** How long after an answer a press still belongs to the one before: the second click of a double click, or the second tap of two. */
const SAME_PRESS_MS = 500

/**
 * Whether a press is the second half of one that has its answer already. Systems take two clicks within half a second for a double
 * click, and an answer may come between them. Times in milliseconds of a clock that never jumps.
 */
export function isSecondPress(doneAtMs: number | undefined, nowMs: number): boolean {
  return doneAtMs !== undefined && nowMs - doneAtMs < SAME_PRESS_MS
}

/** What is known of a key that went down. */
interface KeyDown {
  key: string
  /** Whether it is held down, and this is one of the repeats. */
  repeat: boolean
  /** Of what has the focus. */
  tagName: string
}

/** Whether Enter is held down: a button is pressed once, however long a finger stays. In a text of several lines it makes lines. */
export function isHeldEnter({ key, repeat, tagName }: KeyDown): boolean {
  return repeat && key === 'Enter' && tagName !== 'TEXTAREA'
}

/** Lets a held Enter press once on the whole page: browsers click a button, and send a form, at every repeat. */
export function ignoreHeldEnter(): void {
  window.addEventListener(
    'keydown',
    (event) => {
      const { key, repeat, target } = event
      if (!isHeldEnter({ key, repeat, tagName: target instanceof Element ? target.tagName : '' })) return
      event.preventDefault()
      event.stopPropagation()
    },
    { capture: true },
  )
}
