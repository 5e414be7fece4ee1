/**
 * What becomes of one place. SEEN: its holder asked for it at `atMs`, of which PostgreSQL may hear late. EXTENDED: it made a hold
 * that lasts until `untilMs`. USED: its last live hold was paid. These name the place by its sequence, which a reissue does not
 * change. LEFT and REISSUED come from the holder, and name the token value or the user.
 */
export type PlaceNote =
  | { kind: 'SEEN'; sequence: number; atMs: number }
  | { kind: 'EXTENDED'; sequence: number; untilMs: number }
  | { kind: 'USED'; sequence: number }
  | { kind: 'LEFT'; tokenHash: Buffer }
  | { kind: 'REISSUED'; userId: string; tokenHash: Buffer }

/** A place as notes change it. Times are milliseconds since the epoch. */
export interface NotedPlace {
  sequence: number
  userId: string
  tokenHash: Buffer
  status: 'WAITING' | 'ACTIVE' | 'USED' | 'LEFT'
  /** null until it is ACTIVE. */
  admittedAtMs: number | null
  activeUntilMs: number | null
  /** By when its holder has to be seen after the admission; null before it and once seen. */
  showUpByMs: number | null
  seenAtMs: number
}

/**
 * The place after a note; the same object where the note changes nothing, because the place is over: its slot may already belong
 * to the next person. A hold moves the deadline out, never nearer, so that events may arrive twice, late or in another order; and
 * never beyond `activeMaxMs` after the admission, so that nobody stays by holding again and again.
 */
export function notePlace(
  place: NotedPlace,
  note: PlaceNote,
  nowMs: number,
  activeMaxMs: number,
): NotedPlace {
  if (!isInTime(place, note, nowMs)) return place
  switch (note.kind) {
    case 'SEEN':
      return seen(place, nowMs)
    case 'EXTENDED':
      return place.status === 'ACTIVE' ? extended(seen(place, nowMs), note.untilMs, activeMaxMs) : place
    case 'USED':
    case 'LEFT':
      return { ...place, status: note.kind }
    case 'REISSUED':
      return { ...seen(place, nowMs), tokenHash: note.tokenHash }
  }
}

/** Whether a place is live when a note of it comes. Who was seen in time has shown up, though PostgreSQL hears of it now. */
export function isInTime(place: NotedPlace, note: PlaceNote, nowMs: number): boolean {
  if (place.status !== 'ACTIVE') return place.status === 'WAITING'
  const seenAtMs = note.kind === 'SEEN' ? Math.min(note.atMs, nowMs) : nowMs
  return (place.activeUntilMs ?? 0) > nowMs && (place.showUpByMs ?? Infinity) > seenAtMs
}

function seen(place: NotedPlace, nowMs: number): NotedPlace {
  if (place.status === 'WAITING') return { ...place, seenAtMs: nowMs }
  return place.showUpByMs === null ? place : { ...place, showUpByMs: null }
}

function extended(place: NotedPlace, untilMs: number, activeMaxMs: number): NotedPlace {
  const wanted = Math.min(untilMs, (place.admittedAtMs ?? 0) + activeMaxMs)
  return wanted > (place.activeUntilMs ?? 0) ? { ...place, activeUntilMs: wanted } : place
}
