import { useEffect, useReducer, useState } from 'react'
import { localStore } from '../../browser-store.ts'
import { serverClock } from '../../clock.ts'
import { fetchNowServing } from '../../queries.ts'
import type { Place } from '../../queries.ts'
import { followLine } from './follow-line.ts'
import { learn, readWay, unknownLine, writeWay } from './line.ts'
import type { Line } from './line.ts'

const RATE_EVERY_MS = 10_000

/** Follows a place as long as the page is shown. `failure` is what ended that, if anything did. */
export function useLine(place: Place, opensAtMs: number): { line: Line; failure: unknown } {
  const [line, tell] = useReducer(learn, unknownLine, (unknown) =>
    learn(unknown, {
      kind: 'place',
      place,
      isOpen: serverClock.now() >= opensAtMs,
      knownWay: readWay(localStore.getItem(wayKey(place))),
    }),
  )
  const [failure, setFailure] = useState<unknown>()
  useEffect(() => {
    const ending = new AbortController()
    followLine({ place, opensAtMs, tell, signal: ending.signal }).catch((error: unknown) => {
      if (!ending.signal.aborted) setFailure(error)
    })
    return () => ending.abort()
  }, [place, opensAtMs])
  useRate(place.scheduleId, opensAtMs, line.place?.status === 'WAITING', tell)
  const { way } = line
  useEffect(() => {
    // The bar stands where it stood after a reload, and in a second tab.
    if (way !== undefined) localStore.setItem(wayKey(place), writeWay(way))
  }, [way, place])
  return { line, failure }
}

/** How fast the line moves and whether it is paused, from the answer that everybody shares. */
function useRate(
  scheduleId: number,
  opensAtMs: number,
  isWaiting: boolean,
  tell: (event: Parameters<typeof learn>[1]) => void,
): void {
  useEffect(() => {
    if (!isWaiting) return undefined
    const ending = new AbortController()
    const look = (): void => {
      fetchNowServing(scheduleId, ending.signal).then(
        (answer) => tell({ kind: 'now-serving', line: answer, isOpen: serverClock.now() >= opensAtMs }),
        () => undefined, // The page is told by its stream whether the API can be reached; this only refines an estimate.
      )
    }
    look()
    const timer = setInterval(look, RATE_EVERY_MS)
    return () => {
      clearInterval(timer)
      ending.abort()
    }
  }, [scheduleId, opensAtMs, isWaiting, tell])
}

function wayKey({ scheduleId }: Place): string {
  return `frontrow.way.${scheduleId}`
}
