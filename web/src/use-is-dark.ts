import { useSyncExternalStore } from 'react'

const DARK = '(prefers-color-scheme: dark)'

/** Whether the pages are dark now. Styles know by themselves; what is drawn into a canvas has to be told. */
export function useIsDark(): boolean {
  return useSyncExternalStore(watchDark, () => matchMedia(DARK).matches)
}

function watchDark(listener: () => void): () => void {
  const query = matchMedia(DARK)
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}
