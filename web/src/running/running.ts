/** A place in line that this browser has. */
interface RunningPlace {
  kind: 'place'
  scheduleId: number
  concertId: number
  title: string
  status: 'WAITING' | 'ACTIVE'
  /** When it ends, unless somebody does something before. */
  expiresAt: string
}

/** Seats that are held for the person. */
interface RunningHold {
  kind: 'hold'
  reservationId: string
  scheduleId: number
  /** Null where nobody knew the show. */
  title: string | null
  expiresAt: string
}

/** Something whose time runs while a person looks at other pages. */
export type Running = RunningPlace | RunningHold

/** What is over is told for so long. */
const TOLD_MS = 10 * 60_000
/** Nobody has more; what is beyond was left behind by a defect. */
const RUNNING_MAX = 10

/** What tells one from another. */
export function idOf(one: Running): string {
  return one.kind === 'place' ? `place.${one.scheduleId}` : `hold.${one.reservationId}`
}

/** The list with this one: in front where it is new, else in its place, since lines that swap places can't be pressed. */
export function withRunning(list: readonly Running[], one: Running): Running[] {
  const isKnown = list.some((known) => idOf(known) === idOf(one))
  if (isKnown) return list.map((known) => (idOf(known) === idOf(one) ? one : known))
  return [one, ...list].slice(0, RUNNING_MAX)
}

/** The list without one. */
export function withoutRunning(list: readonly Running[], id: string): Running[] {
  return list.filter((one) => idOf(one) !== id)
}

/** Where a person goes on with it. */
export function pathOf(one: Running): string {
  if (one.kind === 'hold') return `/reservations/${one.reservationId}`
  const line = `/concerts/${one.concertId}/schedules/${one.scheduleId}`
  return one.status === 'ACTIVE' ? `${line}/seats` : `${line}/line`
}

/** What a page tells of at its top: what has no page of its own there, and of a place nothing while seats of that show are held. */
export function toldOn(list: readonly Running[], pathname: string): Running[] {
  const held = new Set(list.filter(({ kind }) => kind === 'hold').map(({ scheduleId }) => scheduleId))
  return list.filter((one) => {
    if (one.kind === 'hold') return pathname !== pathOf(one)
    const line = `/concerts/${one.concertId}/schedules/${one.scheduleId}/`
    return !held.has(one.scheduleId) && pathname !== `${line}line` && pathname !== `${line}seats`
  })
}

/** Reads what this browser kept, without what has been over for long and what is none. */
export function readRunning(text: string | null, nowMs: number): Running[] {
  try {
    const kept: unknown = JSON.parse(text ?? '[]')
    const list: unknown[] = Array.isArray(kept) ? kept : []
    return list.flatMap(readOne).filter(({ expiresAt }) => Date.parse(expiresAt) > nowMs - TOLD_MS)
  } catch {
    // Somebody else wrote there.
    return []
  }
}

function readOne(kept: unknown): Running[] {
  if (typeof kept !== 'object' || kept === null) return []
  const { kind, scheduleId, expiresAt, title, concertId, status, reservationId } = Object.fromEntries(
    Object.entries(kept),
  )
  if (typeof scheduleId !== 'number' || typeof expiresAt !== 'string') return []
  if (kind === 'hold' && typeof reservationId === 'string') {
    return [{ kind, reservationId, scheduleId, title: typeof title === 'string' ? title : null, expiresAt }]
  }
  const isPlace = kind === 'place' && typeof concertId === 'number' && typeof title === 'string'
  if (!isPlace || (status !== 'WAITING' && status !== 'ACTIVE')) return []
  return [{ kind, scheduleId, concertId, title, status, expiresAt }]
}
