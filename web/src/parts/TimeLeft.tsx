import { useEffect, useEffectEvent } from 'react'
import { formatTimeLeft } from '../formats.ts'
import { useServerNow } from '../use-server-now.ts'

/** Counts down to a moment by the server's clock; `onEnd` is called once when it is there. */
export function TimeLeft({ until, onEnd }: { until: string; onEnd?: () => void }) {
  const leftMs = Date.parse(until) - useServerNow()
  const isOver = leftMs <= 0
  const tell = useEffectEvent(() => onEnd?.())
  useEffect(() => {
    if (isOver) tell()
  }, [isOver])
  // Read out every second it would drown out everything else, so it is not a live region.
  return <span role="timer">{formatTimeLeft(leftMs)}</span>
}
