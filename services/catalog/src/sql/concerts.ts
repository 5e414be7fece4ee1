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
}

interface ConcertRow {
  concert_id: number
  title: string
  artist: string | null
  description: string | null
  created_at: Date
}

function toConcert(row: ConcertRow): Concert {
  return {
    concertId: row.concert_id,
    title: row.title,
    artist: row.artist,
    description: row.description,
    createdAt: row.created_at,
  }
}

/** Writes a concert. */
export async function insertConcert(db: Queryable, concert: NewConcert): Promise<Concert> {
  const { rows } = await db.query<ConcertRow>({
    name: 'concert-insert',
    text: `INSERT INTO concerts (title, artist, description) VALUES ($1, $2, $3)
           RETURNING concert_id, title, artist, description, created_at`,
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
    text: 'SELECT concert_id, title, artist, description, created_at FROM concerts WHERE concert_id = $1',
    values: [concertId],
  })
  return rows[0] === undefined ? undefined : toConcert(rows[0])
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
    text: `SELECT concert_id, title, artist, description, created_at FROM concerts
           WHERE concert_id < $1 ORDER BY concert_id DESC LIMIT $2`,
    values: [before, limit],
  })
  return rows.map(toConcert)
}

/**
 * Concerts with `query` in title or artist, newest first, whatever its case, accents, width of letters and form in Unicode. What has
 * nothing else than marks finds nothing.
 */
export async function searchConcerts(
  tx: Tx,
  query: string,
  { before, limit }: ConcertPage,
): Promise<Concert[]> {
  // PostgreSQL plans this one for its pattern: it reads newest first for a pattern that is in every title, and uses the search index
  // for a rare one.
  const [, { rows }] = await together([
    tx.query('SET LOCAL plan_cache_mode = force_custom_plan'),
    tx.query<ConcertRow>({
      text: `SELECT concert_id, title, artist, description, created_at FROM concerts
             WHERE concert_id < $1 AND fold_text($2) <> ''
               AND search_text LIKE '%' || regexp_replace(fold_text($2), '([\\\\%_])', '\\\\\\1', 'g') || '%'
             ORDER BY concert_id DESC LIMIT $3`,
      values: [before, query, limit],
    }),
  ])
  return rows.map(toConcert)
}
