import { isDatabaseOutage } from '@frontrow/postgres/errors'
import type { Tx } from '@frontrow/postgres/pool'
import { together } from '@frontrow/postgres/transaction'
import { Batcher } from '@frontrow/service-host/batcher'
import { changeRooms } from '../admission/change-room.ts'
import type { ChangingContext, LockedRoom, RoomChange } from '../admission/change-room.ts'
import type { QueueContext } from '../context.ts'
import type { MirroredPlace } from '../redis-room/room-changes.ts'
import { isInTime, notePlace } from './note-place.ts'
import type { NotedPlace, PlaceNote } from './note-place.ts'
import { NotedPlaces } from './noted-places.ts'

/** A place after its note, and the version of the room that has it. */
export interface NoteOutcome {
  place: NotedPlace
  /** The token value that the place had before; a reissue makes it worth nothing. */
  tokenHashBefore: Buffer
  version: number
}

/** Takes notes about places. */
export interface PlaceNotes {
  /**
   * Notes what becomes of a place of this schedule, and answers after the commit, with null where there is no such live place. Rejects as
   * UNAVAILABLE where too many wait.
   */
  add(scheduleId: number, note: PlaceNote): Promise<NoteOutcome | null>
}

interface NoteInRoom {
  scheduleId: number
  note: PlaceNote
}

type NotesContext = ChangingContext & Pick<QueueContext, 'config'>

// So many, of 100 rooms, took 17 to 23 ms with their answers. Joins and admissions of these rooms wait for a part of that.
const SHARED_MAX = 200
const BATCH_MAX = 500
const LINGER_MS = 3
const LIMITS = { atOnceMax: 1, pendingMax: 50_000, waitMaxMs: 3_000 }

/**
 * Notes that come within 3 ms, or while a transaction is in work, share the next one, whatever their rooms are: it loads the places with
 * one statement, lets `notePlace` decide one note after the other, and saves with one. A room that somebody else has locked is left out
 * of it. Notes of such a room, and those that come while all notes are about one room, are put together by their room and wait for its
 * lock in a transaction of their own, one a room at a time. So no room keeps the notes of others waiting.
 */
export function createPlaceNotes(ctx: NotesContext): PlaceNotes {
  const ofOneRoom = new Batcher<number, NoteInRoom, NoteOutcome | null>({
    ...LIMITS,
    batchMax: BATCH_MAX,
    send: async (_scheduleId, notes) => {
      const outcomes = await noteTogether(ctx, notes)
      return outcomes.map((outcome) => outcome ?? null)
    },
  })
  const ofAllRooms = new Batcher<'all', NoteInRoom, NoteOutcome | null | undefined>({
    ...LIMITS,
    batchMax: SHARED_MAX,
    lingerMs: LINGER_MS,
    send: async (_all, notes) => {
      if (notes.every(({ scheduleId }) => scheduleId === notes[0]?.scheduleId))
        return notes.map(() => undefined)
      try {
        return await noteTogether(ctx, notes)
      } catch (error) {
        if (isDatabaseOutage(error)) throw error
        // One of them can't be noted, which is no reason to fail those of other rooms.
        return notes.map(() => undefined)
      }
    },
  })
  return {
    async add(scheduleId, note) {
      const outcome = await ofAllRooms.add('all', { scheduleId, note })
      return outcome === undefined ? ofOneRoom.add(scheduleId, { scheduleId, note }) : outcome
    },
  }
}

/** Notes all in one transaction. An outcome is undefined where the room is not there, or was left out because somebody has locked it. */
async function noteTogether(
  ctx: NotesContext,
  notes: readonly NoteInRoom[],
): Promise<(NoteOutcome | null | undefined)[]> {
  const byRoom = Map.groupBy(notes, ({ scheduleId }) => scheduleId)
  const load = (tx: Tx) => loadPlaces(tx, notes)
  const noted = await changeRooms(ctx, [...byRoom.keys()], load, async (tx, rooms, places) => {
    const placesByRoom = Map.groupBy(places, ({ scheduleId }) => scheduleId)
    const notedRooms = rooms.map((room) => {
      const ofRoom = byRoom.get(room.scheduleId) ?? []
      return noteInRoom(ctx, room, placesByRoom.get(room.scheduleId) ?? [], ofRoom)
    })
    await saveRooms(tx, notedRooms)
    return new Map(notedRooms.map((one) => [one.room.scheduleId, one]))
  })
  return notes.map((one) => noted.get(one.scheduleId)?.outcomes.get(one))
}

/** What notes make of a room. */
interface NotedRoom extends RoomChange {
  room: LockedRoom
  changes: readonly PlaceChange[]
  outcomes: ReadonlyMap<NoteInRoom, NoteOutcome | null>
}

interface PlaceChange {
  place: LoadedPlace
  now: NotedPlace
}

function noteInRoom(
  ctx: NotesContext,
  room: LockedRoom,
  places: readonly LoadedPlace[],
  notes: readonly NoteInRoom[],
): NotedRoom {
  const nowMs = places[0]?.nowMs ?? 0
  const after = new NotedPlaces(places)
  const found = notes.map(({ note }) => {
    const now = after.find(note)
    if (now === undefined || !isInTime(now, note, nowMs)) return undefined
    after.put(notePlace(now, note, nowMs, ctx.config.ACTIVE_MAX_MS))
    return now
  })
  const changes = places.flatMap((place) => {
    const now = after.get(place.sequence)
    return now === undefined || now === place ? [] : [{ place, now }]
  })
  const change = changeOf(room, changes)
  const outcomes = new Map(notes.map((one, index) => [one, outcomeOf(after, found[index], change.version)]))
  return { ...change, room, changes, outcomes }
}

/** The version of a room with its changed places. The mirror need not know who was seen waiting. */
function changeOf(room: LockedRoom, changes: readonly PlaceChange[]): RoomChange {
  const isMirrored = changes.some(
    ({ place, now }) => now.status !== 'WAITING' || now.tokenHash !== place.tokenHash,
  )
  if (!isMirrored) return { version: room.version }
  const version = room.version + 1
  const newTokens = changes.flatMap(({ place, now }) => (now.tokenHash === place.tokenHash ? [] : [now]))
  const places = changes.map(({ now }) => mirrored(now, version))
  return { version, difference: { from: room.version, to: { ...room, version }, places, newTokens } }
}

function outcomeOf(
  after: Pick<NotedPlaces, 'get'>,
  before: NotedPlace | undefined,
  version: number,
): NoteOutcome | null {
  const place = before === undefined ? undefined : after.get(before.sequence)
  return before === undefined || place === undefined
    ? null
    : { place, tokenHashBefore: before.tokenHash, version }
}

/** A live place, and where its row is. The row stays there until this transaction changes it, where the room is locked. */
interface LoadedPlace extends NotedPlace {
  scheduleId: number
  rowAddress: string
  nowMs: number
}

/**
 * Loads live places. The planner knows nothing yet of a schedule whose on-sale has just begun, takes it for one with a row or two,
 * and would read all of its places: 8 ms a batch where 4,000 were in. So each place is looked up by its key alone.
 */
async function loadPlaces(tx: Tx, notes: readonly NoteInRoom[]): Promise<LoadedPlace[]> {
  const sequences = notes.flatMap(({ scheduleId, note }) =>
    'sequence' in note ? [{ scheduleId, sequence: note.sequence }] : [],
  )
  const loads = [
    tx.query<LoadedPlace>({
      name: 'load-places',
      text: `SELECT ${PLACE_COLUMNS} FROM unnest($1::bigint[], $2::bigint[]) AS noted (noted_room, noted_sequence), LATERAL (
               SELECT ctid, * FROM queue_tokens WHERE schedule_id = noted_room AND sequence = noted_sequence OFFSET 0) AS place
             WHERE status IN ('WAITING', 'ACTIVE')`,
      values: [sequences.map(({ scheduleId }) => scheduleId), sequences.map(({ sequence }) => sequence)],
    }),
  ]
  if (sequences.length < notes.length) loads.push(loadByHolders(tx, notes))
  const rows = (await together(loads)).flatMap((loaded) => loaded.rows)
  // Several notes of one place load it several times.
  return [...new Map(rows.map((row) => [row.rowAddress, row])).values()]
}

function loadByHolders(tx: Tx, notes: readonly NoteInRoom[]) {
  const users = notes.flatMap(({ scheduleId, note }) =>
    note.kind === 'REISSUED' ? [{ scheduleId, userId: note.userId }] : [],
  )
  const tokens = notes.flatMap(({ scheduleId, note }) =>
    note.kind === 'LEFT' ? [{ scheduleId, tokenHash: note.tokenHash }] : [],
  )
  return tx.query<LoadedPlace>({
    name: 'load-places-by-holders',
    text: `SELECT ${PLACE_COLUMNS} FROM unnest($1::bigint[], $2::text[]) AS noted (noted_room, noted_user), LATERAL (
             SELECT ctid, * FROM queue_tokens
             WHERE schedule_id = noted_room AND user_id = noted_user AND status IN ('WAITING', 'ACTIVE') OFFSET 0) AS place
           UNION ALL
           SELECT ${PLACE_COLUMNS} FROM unnest($3::bigint[], $4::bytea[]) AS noted (noted_room, noted_hash), LATERAL (
             SELECT ctid, * FROM queue_tokens WHERE token_hash = noted_hash OFFSET 0) AS place
           WHERE schedule_id = noted_room AND status IN ('WAITING', 'ACTIVE')`,
    values: [
      users.map(({ scheduleId }) => scheduleId),
      users.map(({ userId }) => userId),
      tokens.map(({ scheduleId }) => scheduleId),
      tokens.map(({ tokenHash }) => tokenHash),
    ],
  })
}

/**
 * Saves the places that changed, and the rooms that have them. A plan made while there were few places would go on to read all of them:
 * 22 ms a batch with 100,000. So this statement is planned without that way. Throws where not each of them was saved: a row address finds
 * nothing once somebody else has written the row, which nobody does who holds the lock of its room.
 */
async function saveRooms(tx: Tx, noted: readonly NotedRoom[]): Promise<void> {
  const rooms = noted.filter(({ changes }) => changes.length > 0)
  if (rooms.length === 0) return
  const changes = rooms.flatMap((one) => one.changes.map((change) => ({ ...change, version: one.version })))
  const planned = tx.query({ name: 'plan-by-keys', text: `SELECT set_config('enable_seqscan', 'off', true)` })
  const saved = tx.query<{ places: number; rooms: number }>({
    name: 'save-places',
    text: `
      WITH saved AS (
        UPDATE queue_tokens t SET status = c.status, token_hash = c.token_hash, version = c.version,
          active_until = to_timestamp(c.active_until / 1000.0), show_up_by = to_timestamp(c.show_up_by / 1000.0),
          seen_at = to_timestamp(c.seen_at / 1000.0),
          ended_at = CASE WHEN c.status IN ('USED', 'LEFT') THEN clock_timestamp() END
        FROM unnest($4::tid[], $5::bigint[], $6::text[], $7::bytea[], $8::bigint[], $9::bigint[], $10::bigint[])
          AS c (row_address, version, status, token_hash, active_until, show_up_by, seen_at)
        WHERE t.ctid = c.row_address
        RETURNING 1
      ), changed AS (
        UPDATE rooms r SET version = c.version, waiting = waiting - c.no_longer_waiting
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS c (schedule_id, version, no_longer_waiting)
        WHERE r.schedule_id = c.schedule_id
        RETURNING 1
      )
      SELECT (SELECT count(*) FROM saved)::int AS places, (SELECT count(*) FROM changed)::int AS rooms`,
    values: [
      rooms.map(({ room }) => room.scheduleId),
      rooms.map(({ version }) => version),
      rooms.map((one) => one.changes.filter(isNoLongerWaiting).length),
      changes.map(({ place }) => place.rowAddress),
      changes.map(({ version }) => version),
      changes.map(({ now }) => now.status),
      changes.map(({ now }) => now.tokenHash),
      changes.map(({ now }) => now.activeUntilMs),
      changes.map(({ now }) => now.showUpByMs),
      changes.map(({ now }) => now.seenAtMs),
    ],
  })
  const [, { rows }] = await together([planned, saved])
  const [written] = rows
  if (written?.places !== changes.length || written.rooms !== rooms.length) {
    throw new Error(
      `of ${changes.length} places in ${rooms.length} rooms that changed, ${written?.places} in ${written?.rooms} were saved`,
    )
  }
}

function isNoLongerWaiting({ place, now }: PlaceChange): boolean {
  return place.status === 'WAITING' && now.status !== 'WAITING'
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

const PLACE_COLUMNS = `ctid::text AS "rowAddress", schedule_id AS "scheduleId", sequence, user_id AS "userId", token_hash AS "tokenHash", status,
  ${MS('activated_at')} AS "admittedAtMs", ${MS('active_until')} AS "activeUntilMs", ${MS('show_up_by')} AS "showUpByMs",
  ${MS('seen_at')} AS "seenAtMs", ${MS('clock_timestamp()')} AS "nowMs"`
