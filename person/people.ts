import { randomUUID } from 'node:crypto'
import type { Queryable } from '@frontrow/postgres/pool'
import { uuidv7 } from 'uuidv7'
import { personalTables } from './personal-tables.ts'
import { findRunning } from './still-running.ts'

/** All that is stored about a person: rows by table, without tables that have none. */
export type PersonExport = Record<string, readonly unknown[]>

/** What became of an erasure. `rows`: how many were erased or renamed in each table. */
export type Erasure =
  | { outcome: 'ERASED'; pseudonym: string; rows: Record<string, number> }
  | { outcome: 'NOTHING' }
  | { outcome: 'RUNNING'; running: string[] }

/** Longer, and a table has no index for a search of its text; an erasure reads some of them from end to end. */
const STATEMENT_TIMEOUT = '10min'
/** An erasure that waits for a row lock gives up, and can be repeated. */
const LOCK_TIMEOUT = '10s'

const fieldOf = (userId: string): string => `"userId":${JSON.stringify(userId)}`

/** As PostgreSQL's regular expressions read this text itself. */
const literally = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, (letter) => `\\${letter}`)

/**
 * Paths of the API that name a person, in every spelling: paths are logged as they were sent, and a client may escape any letter or leave some as
 * they are. `\1` is what stands before the id.
 */
function pathsOf(userId: string): string {
  return `(/(?:users|wallets|people)/)${Array.from(userId, spellingsOf).join('')}(?=/|$)`
}

function spellingsOf(letter: string): string {
  const escapes = Array.from(Buffer.from(letter), (byte) => {
    const digits = byte.toString(16).padStart(2, '0')
    return `%${digits.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)}`
  }).join('')
  // These have another meaning where they are not escaped.
  return '/?#%'.includes(letter) ? escapes : `(?:${literally(letter)}|${escapes})`
}

/**
 * Fields of JSON text that name a person: users, and staff (`adjustedBy`, `checkedInBy`). Other fields may have the same text, such as the number
 * of a seat. In the body of a request an id may be a number. `\1` is what stands before the id.
 */
function fieldsOf(userId: string): string {
  const text = literally(JSON.stringify(userId))
  const value = /^-?\d+$/.test(userId) ? String.raw`(?:${text}|${userId}(?!\d|\.))` : text
  return String.raw`("(?:\w*[uU]serId|adminId|callerId|\w+By)"\s*:\s*)${value}`
}

/** Reads all that is stored about a person at one moment. `db` is a connection with the role that owns the schemas. */
export async function exportPerson(db: Queryable, userId: string): Promise<PersonExport> {
  return inOneMoment(db, 'READ ONLY', () => readPerson(db, userId))
}

/**
 * Erases a person in all schemas, in one transaction: nothing is half done after a crash, and a repeated erasure finds nothing. What has to stay
 * (the ledger, sales, what admins did) stays under a pseudonym, which is random and noted nowhere beside the id. The action is in the log of
 * admins, of `by`, without the id. It changes rows that are immutable to the services, so `db` has to be a superuser, or may set
 * session_replication_role.
 */
export async function erasePerson(db: Queryable, userId: string, by: string): Promise<Erasure> {
  return inOneMoment(db, 'READ WRITE', async () => {
    const found = await readPerson(db, userId)
    if (Object.keys(found).length === 0) return { outcome: 'NOTHING' }
    const running = await findRunning(db, userId, fieldOf(userId))
    if (running.length > 0) return { outcome: 'RUNNING', running }
    // Triggers keep ledgers and logs as they are, and foreign keys name the wallets that are renamed.
    await db.query("SET LOCAL session_replication_role = 'replica'")
    const pseudonym = `erased-${randomUUID()}`
    const rows: Record<string, number> = {}
    for (const { table, rows: which, erase } of personalTables) {
      if (found[table] === undefined) continue
      const set = typeof erase === 'string' ? [] : Object.entries(erase)
      const change =
        typeof erase === 'string'
          ? `DELETE FROM ${table} AS t`
          : `UPDATE ${table} AS t SET ${set.map(([column, value]) => `${column} = ${value}`).join(', ')}`
      const { rowCount } = await db.query(`${ABOUT} ${change} WHERE ${which}`, parameters(userId, pseudonym))
      rows[table] = rowCount ?? 0
    }
    await noteErasure(db, { pseudonym, rows, by })
    return { outcome: 'ERASED', pseudonym, rows }
  })
}

/** Statements name those parameters that they need, and PostgreSQL has to know the type of all. */
const ABOUT = 'WITH about AS (SELECT $1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text)'

function parameters(userId: string, pseudonym: string): string[] {
  const inJson = JSON.stringify(userId).slice(1, -1)
  const newInJson = JSON.stringify(pseudonym)
  return [userId, pseudonym, inJson, newInJson, pathsOf(userId), fieldsOf(userId), fieldOf(userId)]
}

async function readPerson(db: Queryable, userId: string): Promise<PersonExport> {
  const found: PersonExport = {}
  for (const { table, rows: which } of personalTables) {
    const { rows } = await db.query<{ row: unknown }>(
      `${ABOUT} SELECT row_to_json(t) AS row FROM ${table} AS t WHERE ${which}`,
      parameters(userId, ''),
    )
    if (rows.length > 0) found[table] = rows.map(({ row }) => row)
  }
  return found
}

async function noteErasure(
  db: Queryable,
  { pseudonym, rows, by }: { pseudonym: string; rows: Record<string, number>; by: string },
): Promise<void> {
  await db.query(
    `INSERT INTO payment.admin_actions (action_id, admin_id, operation, method, path, body, request_id, outcome, ended_at)
     VALUES ($1, $2, 'erasePerson', 'DELETE', $3, $4, $5, 'DONE', clock_timestamp())`,
    [uuidv7(), by, `/people/${pseudonym}`, JSON.stringify({ rows }), randomUUID()],
  )
}

async function inOneMoment<T>(
  db: Queryable,
  mode: 'READ ONLY' | 'READ WRITE',
  work: () => Promise<T>,
): Promise<T> {
  await db.query(`BEGIN ISOLATION LEVEL REPEATABLE READ ${mode}`)
  try {
    await db.query(
      `SET LOCAL statement_timeout = '${STATEMENT_TIMEOUT}'; SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`,
    )
    const done = await work()
    await db.query('COMMIT')
    return done
  } catch (error) {
    // A connection that broke has rolled back by itself; what broke it is told, not that it can't roll back.
    await db.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}
