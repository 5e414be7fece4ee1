/** What this browser noted of a draw: the seal before the opening, and the own place before and after it. */
export interface DrawNote {
  /** The commitment, as it was shown before the opening. */
  commitment?: string
  /** The place that the numbers are of. */
  token?: string
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
  const known = { ...(commitment === undefined ? {} : { commitment }), token }
  if (note.token !== token || entry === undefined) {
    return isEarly ? { ...known, entry: sequence } : { ...known, sequence }
  }
  return entry === sequence ? { ...known, entry } : { ...known, entry, sequence }
}

/** Reads a note that this browser kept; an empty one for what is none. */
export function readDrawNote(text: string | null): DrawNote {
  try {
    const kept: unknown = JSON.parse(text ?? '')
    if (typeof kept !== 'object' || kept === null) return {}
    const { commitment, token, entry, sequence } = Object.fromEntries(Object.entries(kept))
    return {
      ...(typeof commitment === 'string' ? { commitment } : {}),
      ...(typeof token === 'string' ? { token } : {}),
      ...(isNumber(entry) ? { entry } : {}),
      ...(isNumber(sequence) ? { sequence } : {}),
    }
  } catch {
    // Nothing was noted, or somebody else wrote there.
    return {}
  }
}

/** What a note is kept under, by the browser for all its tabs. */
export function drawNoteName(scheduleId: number): string {
  return `frontrow.draw.${scheduleId}`
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}
