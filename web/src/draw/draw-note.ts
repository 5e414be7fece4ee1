/** What this browser noted of a draw: the seal before the opening, and the own place before and after it. */
export interface DrawNote {
  /** The commitment, as it was shown before the opening. */
  commitment?: string
  /** Which place the numbers are of: a short hash of its token, which itself would let its reader in. */
  place?: string
  /** The number of the place before the opening, which the draw knows it by. */
  entry?: number
  /** Its number since, which the draw gave it. */
  sequence?: number
}

/** The part of a place that is noted. */
interface NumberedPlace {
  token: string
  sequence: number
}

/** Notes the seal. The first one stays, or nobody would notice another. */
export function noteSeal(note: DrawNote, commitment: string): DrawNote {
  return { ...note, commitment: note.commitment ?? commitment }
}

/**
 * Notes the own place. The number of before the opening is the first that was seen of a token, while it was early: a place gets another one
 * by the draw alone, and the news of that may be here before this browser's clock says that it is time. Another token is another place,
 * or one that another browser has moved: the number of before says nothing about it.
 */
export function notePlace(note: DrawNote, { token, sequence }: NumberedPlace, isEarly: boolean): DrawNote {
  const { commitment, entry } = note
  const place = shortHash(token)
  const known = { ...(commitment === undefined ? {} : { commitment }), place }
  if (note.place !== place || entry === undefined) {
    return isEarly ? { ...known, entry: sequence } : { ...known, sequence }
  }
  return entry === sequence ? { ...known, entry } : { ...known, entry, sequence }
}

/** A draw by what tells it from another one. A system whose data were made anew numbers its schedules anew; their openings differ. */
export interface DrawId {
  scheduleId: number
  /** When the booking opens, in ms since 1970. A note of before it was moved is none of this draw: what is shown then is noted anew. */
  opensAtMs: number
}

interface KeptNote extends DrawId {
  note: DrawNote
}

/** How long after the opening a draw may still be checked against its note. */
const KEPT_MS = 30 * 86_400_000
/** Nobody stands in more lines in a month. */
const NOTES_MAX = 20

/** The note of a draw among those that this browser kept; an empty one where there is none. */
export function readDrawNote(text: string | null, draw: DrawId): DrawNote {
  return readNotes(text).find((kept) => isOf(kept, draw))?.note ?? {}
}

/** The notes with this one, as text to keep; without those whose draw was long ago. */
export function withDrawNote(text: string | null, draw: DrawId, note: DrawNote, nowMs: number): string {
  const others = readNotes(text).filter((kept) => !isOf(kept, draw) && nowMs - kept.opensAtMs < KEPT_MS)
  const { scheduleId, opensAtMs } = draw
  return JSON.stringify([{ scheduleId, opensAtMs, note }, ...others].slice(0, NOTES_MAX))
}

function isOf(kept: DrawId, { scheduleId, opensAtMs }: DrawId): boolean {
  return kept.scheduleId === scheduleId && kept.opensAtMs === opensAtMs
}

function readNotes(text: string | null): KeptNote[] {
  try {
    const kept: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(kept) ? kept.flatMap(readNote) : []
  } catch {
    // Somebody else wrote there.
    return []
  }
}

function readNote(kept: unknown): KeptNote[] {
  const { scheduleId, opensAtMs, note } = fieldsOf(kept)
  if (!isNumber(scheduleId) || !isNumber(opensAtMs)) return []
  const { commitment, place, entry, sequence } = fieldsOf(note)
  const read = {
    ...(typeof commitment === 'string' ? { commitment } : {}),
    ...(typeof place === 'string' ? { place } : {}),
    ...(isNumber(entry) ? { entry } : {}),
    ...(isNumber(sequence) ? { sequence } : {}),
  }
  return [{ scheduleId, opensAtMs, note: read }]
}

function fieldsOf(kept: unknown): Readonly<Record<string, unknown>> {
  return typeof kept === 'object' && kept !== null ? Object.fromEntries(Object.entries(kept)) : {}
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

/** FNV-1a, 32 bits: enough to tell the few places of a browser apart, and too few to learn a token from. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(16)
}
