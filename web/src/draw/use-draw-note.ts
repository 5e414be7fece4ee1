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
export function useDrawNote(place: Place, isOpen: boolean, seal?: string): void {
  const { scheduleId, token, sequence } = place
  useEffect(() => {
    const noted = notePlace(drawNote(scheduleId), { token, sequence }, isOpen)
    const next = seal === undefined || isOpen ? noted : noteSeal(noted, seal)
    localStore.setItem(drawNoteName(scheduleId), JSON.stringify(next))
  }, [scheduleId, token, sequence, isOpen, seal])
}
