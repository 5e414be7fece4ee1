import { useSyncExternalStore } from 'react'
import { serverClock } from './clock.ts'

const listeners = new Set<() => void>()
let shownSecond = 0
let timer: ReturnType<typeof setInterval> | undefined

// All that count down on a page share one timer, and change in the same moment.
function watch(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, 250)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function tick(): void {
  const second = Math.floor(serverClock.now() / 1_000)
  if (second === shownSecond) return
  shownSecond = second
  for (const listener of listeners) listener()
}

function snapshot(): number {
  if (timer === undefined) shownSecond = Math.floor(serverClock.now() / 1_000)
  return shownSecond
}

/** The server's time in milliseconds, to the second; a component that uses it is drawn anew each second. */
export function useServerNow(): number {
  return useSyncExternalStore(watch, snapshot) * 1_000
}
