import { useEffect } from 'react'
import { localStore } from '../browser-store.ts'
import type { Place } from '../queries.ts'
import { notePlace, noteSeal, readDrawNote, withDrawNote } from './draw-note.ts'
import type { DrawId, DrawNote } from './draw-note.ts'

/** Kept by the browser for all its tabs. */
const NAME = 'frontrow.draws'

/** What this browser noted of a draw. */
export function drawNote(draw: DrawId): DrawNote {
  return readDrawNote(localStore.getItem(NAME), draw)
}

/** Notes the own place, and the seal while it is shown before the opening, so that the draw can be checked against them. */
export function useDrawNote(place: Place, opensAtMs: number, seal: string | undefined): void {
  const { scheduleId, token, sequence } = place
  const isEarly = Date.parse(place.serverTime) < opensAtMs
  useEffect(() => {
    const draw = { scheduleId, opensAtMs }
    const noted = notePlace(drawNote(draw), { token, sequence }, isEarly)
    const next = seal === undefined ? noted : noteSeal(noted, seal)
    localStore.setItem(NAME, withDrawNote(localStore.getItem(NAME), draw, next, Date.now()))
  }, [scheduleId, opensAtMs, token, sequence, isEarly, seal])
}
