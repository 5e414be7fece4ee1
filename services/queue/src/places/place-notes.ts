import type { Tx } from '@frontrow/postgres/pool'
import { Batcher } from '@frontrow/service-host/batcher'
import { changeRoom } from '../admission/change-room.ts'
import type { ChangingContext } from '../admission/change-room.ts'
import type { QueueContext } from '../context.ts'
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

/**
 * Notes about places of one room that come while a transaction is in work share the next one: it loads the places with one
 * statement, lets `notePlace` decide one note after the other, and saves with one. One transaction a room is in work at a time,
 * because each locks the room.
 */
export function createPlaceNotes(ctx: ChangingContext & Pick<QueueContext, 'config'>): PlaceNotes {
  return new Batcher<number, PlaceNote, NoteOutcome | null>({
    batchMax: BATCH_MAX,
    atOnceMax: 1,
    pendingMax: PENDING_MAX,
    send: async (scheduleId, notes) => {
      const noted = await changeRoom(ctx, scheduleId, async (tx, room) => {
        const { nowMs, places } = await loadPlaces(tx, scheduleId, notes)
        const after = new Map(places.map((place) => [place.sequence, place]))
        const found = notes.map((note) => {
          const now = [...after.values()].find((place) => isAbout(place, note))
          if (now === undefined || !isInTime(now, note, nowMs)) return undefined
          after.set(now.sequence, notePlace(now, note, nowMs, ctx.config.ACTIVE_MAX_MS))
          return now
        })
        const version = await savePlaces(tx, room, places, after)
        return { version, outcomes: found.map((before) => outcomeOf(after, before, version)) }
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

function isAbout(place: NotedPlace, note: PlaceNote): boolean {
  if (note.kind === 'LEFT') return place.tokenHash.equals(note.tokenHash)
  if (note.kind === 'REISSUED') return place.userId === note.userId
  return place.sequence === note.sequence
}

async function loadPlaces(
  tx: Tx,
  scheduleId: number,
  notes: readonly PlaceNote[],
): Promise<{ nowMs: number; places: NotedPlace[] }> {
  const sequences = notes.flatMap((note) => ('sequence' in note ? [note.sequence] : []))
  const userIds = notes.flatMap((note) => (note.kind === 'REISSUED' ? [note.userId] : []))
  const tokenHashes = notes.flatMap((note) => (note.kind === 'LEFT' ? [note.tokenHash] : []))
  const { rows } = await tx.query<NotedPlace & { nowMs: number }>({
    name: 'load-places',
    text: `SELECT sequence, user_id AS "userId", token_hash AS "tokenHash", status, ${MS('activated_at')} AS "admittedAtMs",
             ${MS('active_until')} AS "activeUntilMs", ${MS('show_up_by')} AS "showUpByMs", ${MS('seen_at')} AS "seenAtMs",
             ${MS('clock_timestamp()')} AS "nowMs"
           FROM queue_tokens WHERE schedule_id = $1 AND status IN ('WAITING', 'ACTIVE') AND sequence IN (
             SELECT unnest($2::bigint[])
             UNION SELECT sequence FROM queue_tokens
               WHERE schedule_id = $1 AND user_id = ANY ($3::text[]) AND status IN ('WAITING', 'ACTIVE')
             UNION SELECT sequence FROM queue_tokens WHERE schedule_id = $1 AND token_hash = ANY ($4::bytea[]))`,
    values: [scheduleId, sequences, userIds, tokenHashes],
  })
  return { nowMs: rows[0]?.nowMs ?? 0, places: rows }
}

/** Saves the places that changed and returns the version of the room with them. The mirror need not know who was seen waiting. */
async function savePlaces(
  tx: Tx,
  room: { scheduleId: number; version: number },
  before: readonly NotedPlace[],
  after: ReadonlyMap<number, NotedPlace>,
): Promise<number> {
  const changes = before.flatMap((place) => {
    const now = after.get(place.sequence)
    return now === undefined || now === place ? [] : [{ place, now }]
  })
  if (changes.length === 0) return room.version
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
        FROM unnest($4::bigint[], $5::text[], $6::bytea[], $7::bigint[], $8::bigint[], $9::bigint[])
          AS c (sequence, status, token_hash, active_until, show_up_by, seen_at)
        WHERE t.schedule_id = $1 AND t.sequence = c.sequence
      )
      UPDATE rooms SET version = $2, waiting = waiting - $3 WHERE schedule_id = $1`,
    values: [
      room.scheduleId,
      version,
      left.length,
      changes.map(({ now }) => now.sequence),
      changes.map(({ now }) => now.status),
      changes.map(({ now }) => now.tokenHash),
      changes.map(({ now }) => now.activeUntilMs),
      changes.map(({ now }) => now.showUpByMs),
      changes.map(({ now }) => now.seenAtMs),
    ],
  })
  return version
}

function MS(time: string): string {
  return `round(extract(epoch FROM ${time}) * 1000)::bigint`
}
