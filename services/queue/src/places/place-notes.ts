import type { Tx } from '@frontrow/postgres/pool'
import { together } from '@frontrow/postgres/transaction'
import { Batcher } from '@frontrow/service-host/batcher'
import { changeLoaded } from '../admission/change-room.ts'
import type { ChangingContext, LockedRoom, RoomChange } from '../admission/change-room.ts'
import type { QueueContext } from '../context.ts'
import type { MirroredPlace } from '../redis-room/room-changes.ts'
import { isInTime, notePlace } from './note-place.ts'
import type { NotedPlace, PlaceNote } from './note-place.ts'

/** A place after its note, and the version of the room that has it. */
export interface NoteOutcome {
  place: NotedPlace
  /** The token value that the place had before; a reissue makes it worth nothing. */
  tokenHashBefore: Buffer
  version: number
}

/** Notes by schedule; each is answered after the commit, with null where there is no such live place. */
export type PlaceNotes = Batcher<number, PlaceNote, NoteOutcome | null>

const BATCH_MAX = 500
const PENDING_MAX = 50_000
const LINGER_MS = 3

/**
 * Notes about places of one room that come while a transaction is in work, or within 3 ms, share the next one: it loads the places
 * with one statement, lets `notePlace` decide one note after the other, and saves with one. One transaction a room is in work at a time,
 * because each locks the room.
 */
export function createPlaceNotes(ctx: ChangingContext & Pick<QueueContext, 'config'>): PlaceNotes {
  return new Batcher<number, PlaceNote, NoteOutcome | null>({
    batchMax: BATCH_MAX,
    lingerMs: LINGER_MS,
    atOnceMax: 1,
    pendingMax: PENDING_MAX,
    waitMaxMs: 3_000,
    send: async (scheduleId, notes) => {
      const load = (tx: Tx) => loadPlaces(tx, scheduleId, notes)
      const noted = await changeLoaded(ctx, scheduleId, load, async (tx, room, { nowMs, places }) => {
        const after = new Map<number, NotedPlace>(places.map((place) => [place.sequence, place]))
        const found = notes.map((note) => {
          const now = placeOf(after, note)
          if (now === undefined || !isInTime(now, note, nowMs)) return undefined
          after.set(now.sequence, notePlace(now, note, nowMs, ctx.config.ACTIVE_MAX_MS))
          return now
        })
        const { version, difference } = await savePlaces(tx, room, places, after)
        return { version, difference, outcomes: found.map((before) => outcomeOf(after, before, version)) }
      })
      return noted?.outcomes ?? notes.map(() => null)
    },
  })
}

function outcomeOf(
  after: ReadonlyMap<number, NotedPlace>,
  before: NotedPlace | undefined,
  version: number,
): NoteOutcome | null {
  const place = before === undefined ? undefined : after.get(before.sequence)
  return before === undefined || place === undefined
    ? null
    : { place, tokenHashBefore: before.tokenHash, version }
}

function placeOf(places: ReadonlyMap<number, NotedPlace>, note: PlaceNote): NotedPlace | undefined {
  if ('sequence' in note) return places.get(note.sequence)
  return [...places.values()].find((place) =>
    note.kind === 'LEFT' ? place.tokenHash.equals(note.tokenHash) : place.userId === note.userId,
  )
}

/** A live place, and where its row is. The row stays there until this transaction changes it, because the room is locked. */
interface LoadedPlace extends NotedPlace {
  rowAddress: string
}

/**
 * Loads live places. The planner knows nothing yet of a schedule whose on-sale has just begun, takes it for one with a row or two,
 * and would read all of its places: 8 ms a batch where 4,000 were in. So each place is looked up by its key alone.
 */
async function loadPlaces(
  tx: Tx,
  scheduleId: number,
  notes: readonly PlaceNote[],
): Promise<{ nowMs: number; places: LoadedPlace[] }> {
  const sequences = notes.flatMap((note) => ('sequence' in note ? [note.sequence] : []))
  const loads = [
    tx.query<LoadedPlace & { nowMs: number }>({
      name: 'load-places',
      text: `SELECT ${PLACE_COLUMNS} FROM unnest($2::bigint[]) AS noted (noted_sequence), LATERAL (
               SELECT ctid, * FROM queue_tokens WHERE schedule_id = $1 AND sequence = noted_sequence OFFSET 0) AS place
             WHERE status IN ('WAITING', 'ACTIVE')`,
      values: [scheduleId, [...new Set(sequences)]],
    }),
  ]
  if (sequences.length < notes.length) loads.push(loadByHolders(tx, scheduleId, notes))
  const rows = (await together(loads)).flatMap((loaded) => loaded.rows)
  const places = new Map(rows.map((row) => [row.sequence, row]))
  return { nowMs: rows[0]?.nowMs ?? 0, places: [...places.values()] }
}

function loadByHolders(tx: Tx, scheduleId: number, notes: readonly PlaceNote[]) {
  const userIds = notes.flatMap((note) => (note.kind === 'REISSUED' ? [note.userId] : []))
  const tokenHashes = notes.flatMap((note) => (note.kind === 'LEFT' ? [note.tokenHash] : []))
  return tx.query<LoadedPlace & { nowMs: number }>({
    name: 'load-places-by-holders',
    text: `SELECT ${PLACE_COLUMNS} FROM unnest($2::text[]) AS noted (noted_user), LATERAL (
             SELECT ctid, * FROM queue_tokens
             WHERE schedule_id = $1 AND user_id = noted_user AND status IN ('WAITING', 'ACTIVE') OFFSET 0) AS place
           UNION ALL
           SELECT ${PLACE_COLUMNS} FROM unnest($3::bytea[]) AS noted (noted_hash), LATERAL (
             SELECT ctid, * FROM queue_tokens WHERE token_hash = noted_hash OFFSET 0) AS place
           WHERE schedule_id = $1 AND status IN ('WAITING', 'ACTIVE')`,
    values: [scheduleId, userIds, tokenHashes],
  })
}

/** Saves the places that changed and returns the version of the room with them. The mirror need not know who was seen waiting. */
async function savePlaces(
  tx: Tx,
  room: LockedRoom,
  before: readonly LoadedPlace[],
  after: ReadonlyMap<number, NotedPlace>,
): Promise<RoomChange> {
  const changes = before.flatMap((place) => {
    const now = after.get(place.sequence)
    return now === undefined || now === place ? [] : [{ place, now }]
  })
  if (changes.length === 0) return { version: room.version }
  const isMirrored = changes.some(
    ({ place, now }) => now.status !== 'WAITING' || now.tokenHash !== place.tokenHash,
  )
  const version = isMirrored ? room.version + 1 : room.version
  const left = changes.filter(({ place, now }) => place.status === 'WAITING' && now.status !== 'WAITING')
  await tx.query({
    name: 'save-places',
    text: `
      WITH saved AS (
        UPDATE queue_tokens t SET status = c.status, token_hash = c.token_hash, version = $2,
          active_until = to_timestamp(c.active_until / 1000.0), show_up_by = to_timestamp(c.show_up_by / 1000.0),
          seen_at = to_timestamp(c.seen_at / 1000.0),
          ended_at = CASE WHEN c.status IN ('USED', 'LEFT') THEN clock_timestamp() END
        FROM unnest($4::tid[], $5::text[], $6::bytea[], $7::bigint[], $8::bigint[], $9::bigint[])
          AS c (row_address, status, token_hash, active_until, show_up_by, seen_at)
        WHERE t.ctid = c.row_address
      )
      UPDATE rooms SET version = $2, waiting = waiting - $3 WHERE schedule_id = $1`,
    values: [
      room.scheduleId,
      version,
      left.length,
      changes.map(({ place }) => place.rowAddress),
      changes.map(({ now }) => now.status),
      changes.map(({ now }) => now.tokenHash),
      changes.map(({ now }) => now.activeUntilMs),
      changes.map(({ now }) => now.showUpByMs),
      changes.map(({ now }) => now.seenAtMs),
    ],
  })
  if (!isMirrored) return { version }
  const newTokens = changes.flatMap(({ place, now }) => (now.tokenHash === place.tokenHash ? [] : [now]))
  const places = changes.map(({ now }) => mirrored(now, version))
  return { version, difference: { from: room.version, to: { ...room, version }, places, newTokens } }
}

function mirrored(place: NotedPlace, version: number): MirroredPlace {
  const { userId, tokenHash, sequence, seenAtMs } = place
  const never = { activeUntilMs: 0, showUpByMs: 0, admittedAtMs: 0, seenAtMs: 0 }
  const known = { userId, tokenHash, sequence, version, ...never }
  if (place.status === 'WAITING') return { ...known, status: 'W', seenAtMs }
  if (place.status !== 'ACTIVE') return { ...known, status: 'E' }
  return {
    ...known,
    status: 'A',
    activeUntilMs: place.activeUntilMs ?? 0,
    showUpByMs: place.showUpByMs ?? 0,
    admittedAtMs: place.admittedAtMs ?? 0,
  }
}

function MS(time: string): string {
  return `round(extract(epoch FROM ${time}) * 1000)::bigint`
}

const PLACE_COLUMNS = `ctid::text AS "rowAddress", sequence, user_id AS "userId", token_hash AS "tokenHash", status,
  ${MS('activated_at')} AS "admittedAtMs", ${MS('active_until')} AS "activeUntilMs", ${MS('show_up_by')} AS "showUpByMs",
  ${MS('seen_at')} AS "seenAtMs", ${MS('clock_timestamp()')} AS "nowMs"`
