import type { Queryable, Tx } from '@frontrow/postgres/pool'
import { together } from '@frontrow/postgres/transaction'

/** What an admin tells of a concert. */
export interface NewConcert {
  title: string
  artist: string | null
  description: string | null
}

/** A show, performed once or more. */
export interface Concert extends NewConcert {
  concertId: number
  createdAt: Date
  /** Counts its changes. */
  version: number
}

interface ConcertRow {
  concert_id: number
  title: string
  artist: string | null
  description: string | null
  created_at: Date
  version: number
}

const COLUMNS = 'concert_id, title, artist, description, created_at, version'

function toConcert(row: ConcertRow): Concert {
  return {
    concertId: row.concert_id,
    title: row.title,
    artist: row.artist,
    description: row.description,
    createdAt: row.created_at,
    version: row.version,
  }
}

/** Writes a concert. */
export async function insertConcert(db: Queryable, concert: NewConcert): Promise<Concert> {
  const { rows } = await db.query<ConcertRow>({
    name: 'concert-insert',
    text: `INSERT INTO concerts (title, artist, description) VALUES ($1, $2, $3)
           RETURNING ${COLUMNS}`,
    values: [concert.title, concert.artist, concert.description],
  })
  const row = rows[0]
  if (row === undefined) throw new Error('a concert was inserted without a row')
  return toConcert(row)
}

/** One concert. */
export async function readConcert(db: Queryable, concertId: number): Promise<Concert | undefined> {
  const { rows } = await db.query<ConcertRow>({
    name: 'concert-read',
    text: `SELECT ${COLUMNS} FROM concerts WHERE concert_id = $1`,
    values: [concertId],
  })
  return rows[0] === undefined ? undefined : toConcert(rows[0])
}

/** Reads and locks a concert, so that nobody else changes it until the transaction ends. */
export async function lockConcert(tx: Tx, concertId: number): Promise<Concert | undefined> {
  const { rows } = await tx.query<ConcertRow>({
    name: 'concert-lock',
    text: `SELECT ${COLUMNS} FROM concerts WHERE concert_id = $1 FOR NO KEY UPDATE`,
    values: [concertId],
  })
  return rows[0] === undefined ? undefined : toConcert(rows[0])
}

/** Writes what may change of a concert, and its version; lock it first. */
export async function updateConcert(tx: Tx, concert: Concert): Promise<void> {
  await tx.query({
    name: 'concert-update',
    text: 'UPDATE concerts SET title = $2, artist = $3, description = $4, version = $5 WHERE concert_id = $1',
    values: [concert.concertId, concert.title, concert.artist, concert.description, concert.version],
  })
}

/** A page of concerts with ids below `before`. */
export interface ConcertPage {
  before: number
  limit: number
}

/** Concerts, newest first. */
export async function readConcerts(db: Queryable, { before, limit }: ConcertPage): Promise<Concert[]> {
  const { rows } = await db.query<ConcertRow>({
    name: 'concert-list',
    text: `SELECT ${COLUMNS} FROM concerts
           WHERE concert_id < $1 ORDER BY concert_id DESC LIMIT $2`,
    values: [before, limit],
  })
  return rows.map(toConcert)
}

/** What is looked for; a text that is left out looks for nothing. */
export interface ConcertSearch {
  /** In the title or the artist. */
  query?: string | undefined
  title?: string | undefined
  artist?: string | undefined
}

/** SQL for `text LIKE` what people mean by the parameter. What has nothing else than marks is in no text. */
export function contains(text: string, parameter: string): string {
  const folded = `fold_text(${parameter})`
  return `(${folded} <> '' AND ${text} LIKE '%' || regexp_replace(${folded}, '([\\\\%_])', '\\\\\\1', 'g') || '%')`
}

/** As `contains`, in one of the two lines of `search_text`. The whole text is asked first, because that has an index. */
function containsInLine(line: 1 | 2, parameter: string): string {
  const whole = contains('search_text', parameter)
  return `(${whole} AND ${contains(`split_part(search_text, E'\\n', ${line})`, parameter)})`
}

/** Concerts that have all that is looked for, newest first, whatever its case, accents, width of letters and form in Unicode. */
export async function searchConcerts(
  tx: Tx,
  { query, title, artist }: ConcertSearch,
  { before, limit }: ConcertPage,
): Promise<Concert[]> {
  // PostgreSQL plans this one for its patterns: it reads newest first for a pattern that is in every title, and uses the search index
  // for a rare one.
  const [, { rows }] = await together([
    tx.query('SET LOCAL plan_cache_mode = force_custom_plan'),
    tx.query<ConcertRow>({
      text: `SELECT ${COLUMNS} FROM concerts
             WHERE concert_id < $1
               AND ($2::text IS NULL OR ${contains('search_text', '$2')})
               AND ($3::text IS NULL OR ${containsInLine(1, '$3')})
               AND ($4::text IS NULL OR ${containsInLine(2, '$4')})
             ORDER BY concert_id DESC LIMIT $5`,
      values: [before, query, title, artist, limit],
    }),
  ])
  return rows.map(toConcert)
}
