/** How soon after a press another one is its second half: systems take two clicks within half a second for a double click. */
export const SAME_PRESS_MS = 500

/**
 * Whether a press is the second half of an earlier one, which may have its answer already. Times in milliseconds of `pressedAtMs`: from
 * press to press, since after an answer that was slow the next press is a new wish, however soon it comes.
 */
export function isSecondPress(earlierAtMs: number | undefined, atMs: number): boolean {
  return earlierAtMs !== undefined && atMs - earlierAtMs < SAME_PRESS_MS
}

let clickedAtMs = 0

/** When the latest click was made, in milliseconds of the page's clock; a busy page may get to it much later. Browsers make a click of a key that presses a button or sends a form. */
export function pressedAtMs(): number {
  return clickedAtMs
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

/** Makes `pressedAtMs` known, and lets a held Enter press once, on the whole page: browsers click a button, and send a form, at every repeat. */
export function watchPresses(): void {
  window.addEventListener('click', ({ timeStamp }) => (clickedAtMs = timeStamp), { capture: true })
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
