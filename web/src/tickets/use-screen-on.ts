import { useEffect } from 'react'

/** Keeps the screen from going dark, where the browser can; nobody wants to unlock a phone at a door. */
export function useScreenOn(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined
    let isOver = false
    const take = async (): Promise<void> => {
      if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return
      // It is refused where the battery is low: then the screen goes dark as always.
      const taken = await navigator.wakeLock.request('screen').catch(() => undefined)
      if (isOver) await taken?.release()
      else lock = taken
    }
    const takeAgain = (): void => void take()
    takeAgain()
    // A browser ends it when the page is hidden.
    document.addEventListener('visibilitychange', takeAgain)
    return () => {
      isOver = true
      document.removeEventListener('visibilitychange', takeAgain)
      void lock?.release()
    }
  }, [])
}
