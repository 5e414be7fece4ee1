import { isSecondPress } from '../second-press.ts'

/** A change that somebody asked for and whose answer is unknown. */
export interface Intention {
  key: string
  /** What was asked for, as text to compare. */
  text: string
  /** When it failed, in milliseconds of a clock that never jumps. */
  failedAtMs: number
}

/**
 * How long a press with the same body goes on with what failed. What somebody steered longer ago may have been done and taken back by
 * somebody else since: with the old key the API would repeat its old answer and do nothing.
 */
const SAME_INTENTION_MS = 10_000

/** The key that a change is sent with: that of an earlier one which it goes on with, or its own. */
export function keyOf(unsettled: Intention | undefined, text: string, nowMs: number): string {
  const goesOn = unsettled?.text === text && nowMs - unsettled.failedAtMs < SAME_INTENTION_MS
  return goesOn ? unsettled.key : crypto.randomUUID()
}

/** A press on what asks for a change. */
export interface Press {
  /** What it asks for, as text to compare. */
  text: string
  /** In milliseconds of `pressedAtMs`. */
  atMs: number
}

/**
 * Whether a press is the second half of a double click or a double tap. It asks for the same as the first, or, on a button that a quick
 * answer has turned round, for the opposite; touch screens do not count taps as mice do clicks, so only the time between can tell that.
 */
export function isSecondHalf(before: Press | undefined, press: Press, isToggle: boolean): boolean {
  return isSecondPress(before?.atMs, press.atMs) && (isToggle || before?.text === press.text)
}
