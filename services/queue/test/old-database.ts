import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrateSchema } from '@frontrow/migrations/migrate-schema'
import { createClient } from '@frontrow/postgres/pool'
import type { Client, Queryable } from '@frontrow/postgres/pool'
import { testPassword } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { hashToken } from '../src/places/token-value.ts'

const OUTBOX_MIGRATIONS = join(import.meta.dirname, '../../../packages/messaging/migrations')
const MIGRATIONS = join(import.meta.dirname, '../migrations')
const OLD_FILES = [
  '0001_rooms_and_tokens.sql',
  '0002_ended_tokens.sql',
  '0003_fairness.sql',
  '0004_redis_lease.sql',
]

/** A place of that version. Minutes are those of `inMinutes`, so they are negative in the past. */
export interface OldPlace {
  sequence: number
  status: 'WAITING' | 'ACTIVE' | 'USED' | 'LEFT' | 'EXPIRED'
  joined: number
  activated?: number
  until?: number
}

/** The queue service's part of a test database, as it was before migration 0005. */
export class OldDatabase {
  readonly admin: Client

  private constructor(admin: Client) {
    this.admin = admin
  }

  static async make(environment: TestEnvironment): Promise<OldDatabase> {
    const admin = createClient(environment.adminDatabaseUrl, 'queue-test')
    await admin.connect()
    await admin.query('DROP SCHEMA queue CASCADE')
    const folder = await mkdtemp(join(tmpdir(), 'frontrow-old-migrations-'))
    try {
      for (const file of OLD_FILES) await cp(join(MIGRATIONS, file), join(folder, file))
      await migrate(admin, folder)
    } finally {
      await rm(folder, { recursive: true })
    }
    await admin.query('SET search_path = queue')
    return new OldDatabase(admin)
  }

  /** Applies the migrations that are missing; returns their names. */
  migrate(): Promise<string[]> {
    return migrate(this.admin, MIGRATIONS)
  }

  stop(): Promise<void> {
    return this.admin.end()
  }
}

function migrate(admin: Client, folder: string): Promise<string[]> {
  return migrateSchema(admin, {
    name: 'queue',
    password: testPassword('queue'),
    directories: [OUTBOX_MIGRATIONS, folder],
  })
}

/** The token value of a place of these tests. */
export function tokenOf(scheduleId: number, sequence: number): string {
  return `0190a5d5-1f64-7cc3-98c4-${String(scheduleId * 1_000 + sequence).padStart(12, '0')}`
}

// One moment for the places of a file, because the log and the row of a place tell the same time of its admission.
const nowMs = Date.now()

/** The moment so many minutes after the start of this file. */
export function inMinutes(minutes: number): Date {
  return new Date(nowMs + minutes * 60_000)
}

/** Makes a room of that version with its places. `earlyEntries`: null before the opening. */
export async function fillRoom(
  db: Queryable,
  room: {
    scheduleId: number
    maxActive: number
    lastSequence: number
    earlyEntries: number | null
    drawn: boolean
  },
  places: readonly OldPlace[],
): Promise<void> {
  const { scheduleId, maxActive, lastSequence, earlyEntries, drawn } = room
  await db.query(
    `INSERT INTO rooms (schedule_id, max_active, admit_per_second, version, last_sequence, early_entries, closed_at, drawn_at)
     VALUES ($1, $2, 50, 7, $3, $4::bigint, CASE WHEN $4 IS NOT NULL THEN now() END, CASE WHEN $5 THEN now() END)`,
    [scheduleId, maxActive, lastSequence, earlyEntries, drawn],
  )
  for (const { sequence, status, joined, activated, until } of places) {
    const hasEnded = status !== 'WAITING' && status !== 'ACTIVE'
    await db.query(
      `INSERT INTO queue_tokens
         (schedule_id, sequence, user_id, token_hash, status, joined_at, activated_at, active_until, ended_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        scheduleId,
        sequence,
        `user-${scheduleId}-${sequence}`,
        hashToken(tokenOf(scheduleId, sequence)).full,
        status,
        inMinutes(joined),
        activated === undefined ? null : inMinutes(activated),
        until === undefined ? null : inMinutes(until),
        hasEnded ? inMinutes(-1) : null,
      ],
    )
  }
}
