import { useEffect } from 'react'
import { localStore } from '../browser-store.ts'
import type { Place } from '../queries.ts'
import { drawNoteName, notePlace, noteSeal, readDrawNote } from './draw-note.ts'
import type { DrawNote } from './draw-note.ts'

/** What this browser noted of a draw. */
export function drawNote(scheduleId: number): DrawNote {
  return readDrawNote(localStore.getItem(drawNoteName(scheduleId)))
}

/** Notes the own place, and the seal while it is shown before the opening, so that the draw can be checked against them. */
export function useDrawNote(place: Place, opensAtMs: number, seal: string | undefined): void {
  const { scheduleId, token, sequence } = place
  const isEarly = Date.parse(place.serverTime) < opensAtMs
  useEffect(() => {
    const noted = notePlace(drawNote(scheduleId), { token, sequence }, isEarly)
    const next = seal === undefined ? noted : noteSeal(noted, seal)
    localStore.setItem(drawNoteName(scheduleId), JSON.stringify(next))
  }, [scheduleId, token, sequence, isEarly, seal])
}
