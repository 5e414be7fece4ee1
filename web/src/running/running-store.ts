import { useEffect, useSyncExternalStore } from 'react'
import { localStore } from '../browser-store.ts'
import { serverClock } from '../clock.ts'
import type { Place, Reservation, Schedule } from '../queries.ts'
import { readRunning, withoutRunning, withRunning } from './running.ts'
import type { Running } from './running.ts'

const NAME = 'frontrow.running'

let keptText: string | null = null
let known: readonly Running[] = []
const listeners = new Set<() => void>()

// Other tabs of this browser keep it under the same name, and each is told when another has written.
function watch(listener: () => void): () => void {
  listeners.add(listener)
  window.addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('storage', listener)
  }
}

function current(): readonly Running[] {
  const text = localStore.getItem(NAME)
  if (text !== keptText) {
    keptText = text
    known = readRunning(text, serverClock.now())
  }
  return known
}

function keep(next: readonly Running[]): void {
  const text = JSON.stringify(next)
  if (text === (localStore.getItem(NAME) ?? '[]')) return
  localStore.setItem(NAME, text)
  for (const listener of listeners) listener()
}

/** What runs for this browser's person, as far as its tabs have seen. */
export function useRunning(): readonly Running[] {
  return useSyncExternalStore(watch, current)
}

/** Notes something that runs, for all tabs. */
export function noteRunning(one: Running): void {
  keep(withRunning(current(), one))
}

/** Notes that it runs no longer, and that there is nothing to tell about it. */
export function forgetRunning(id: string): void {
  keep(withoutRunning(current(), id))
}

/** Notes a place of this browser as a page learns of it; `undefined`: it has ended, and the page says so. */
export function useRunningPlace(
  place: Place | undefined,
  { scheduleId, concertId, concertTitle }: Schedule,
): void {
  const status = place?.status
  const expiresAt = place?.expiresAt
  useEffect(() => {
    if (expiresAt === undefined || status === undefined) forgetRunning(`place.${scheduleId}`)
    else noteRunning({ kind: 'place', scheduleId, concertId, title: concertTitle, status, expiresAt })
  }, [scheduleId, concertId, concertTitle, status, expiresAt])
}

/** Notes a hold, or that a reservation is none any more. */
export function noteReservation({
  reservationId,
  scheduleId,
  status,
  schedule,
  expiresAt,
}: Reservation): void {
  const isOver = status !== 'HOLD' || Date.parse(expiresAt) <= serverClock.now()
  if (isOver) forgetRunning(`hold.${reservationId}`)
  else
    noteRunning({ kind: 'hold', reservationId, scheduleId, title: schedule?.concertTitle ?? null, expiresAt })
}
