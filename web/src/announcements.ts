import { useEffect, useSyncExternalStore } from 'react'

let announced = ''
const listeners = new Set<() => void>()

function announce(text: string): void {
  announced = text
  for (const listener of listeners) listener()
}

function watch(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** What is to be read out now. */
export function useAnnounced(): string {
  return useSyncExternalStore(watch, () => announced)
}

/**
 * Has a screen reader read `text` out, now and when it changes. A region that comes with its text is often not read, so the text goes
 * into the one that is always there.
 */
export function useAnnouncement(text: string): void {
  useEffect(() => {
    announce(text)
    return () => announce('')
  }, [text])
}
