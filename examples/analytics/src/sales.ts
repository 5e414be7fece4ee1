import { DatabaseSync } from 'node:sqlite'
import type { CountedMessage, Fact } from './read-message.ts'

/** Sums of one minute, by when the changes were made. Money is in the smallest unit of the currency. */
export interface Minute {
  /** Its beginning, e.g. 2027-03-01T10:00Z. */
  minute: string
  sales: number
  seats: number
  amount: number
  refunds: number
  refundedAmount: number
}

/** A stretch of one partition, from its first message to the one behind its last. */
export interface Stretch {
  topic: string
  partition: number
  from: bigint
  to: bigint
  messages: readonly CountedMessage[]
}

/**
 * How long ids are kept, by `ce_time`. Topics keep messages for 7 days, so only a dead letter that is retried by hand comes later than
 * that. One that is older than this can't be told from a repeat and is not counted.
 */
const KEEP_IDS_MS = 30 * 86_400_000

/** How long a statement waits for another process that has the file. */
const BUSY_MS = 5_000

/**
 * The sums, in one SQLite file. What a message adds, its id and how far its partition was read are written in one transaction: after a
 * crash either all of it is there or nothing is, and the message comes again.
 */
export class Sales {
  readonly #db: DatabaseSync

  /** Opens the file. To look only, it must be there; looking disturbs no one who writes. */
  constructor(file: string, { readOnly = false } = {}) {
    this.#db = new DatabaseSync(file, { readOnly, timeout: BUSY_MS })
    if (readOnly) return
    this.#db.exec(`
      PRAGMA journal_mode = WAL;
      CREATE TABLE IF NOT EXISTS minutes (
        minute TEXT PRIMARY KEY, sales INTEGER NOT NULL DEFAULT 0, seats INTEGER NOT NULL DEFAULT 0,
        amount INTEGER NOT NULL DEFAULT 0, refunds INTEGER NOT NULL DEFAULT 0, refunded_amount INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE TABLE IF NOT EXISTS applied (id TEXT PRIMARY KEY, time INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS applied_time ON applied (time);
      -- Payments that were sales: a payment can be refunded that never was one.
      CREATE TABLE IF NOT EXISTS sold (payment_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS positions (
        topic TEXT, partition INTEGER, next TEXT NOT NULL, PRIMARY KEY (topic, partition)
      ) STRICT, WITHOUT ROWID;
    `)
  }

  /**
   * Adds a stretch, each of its messages once. Returns how many messages before it were never seen, which is above 0 where this program
   * was away for longer than the topic keeps messages, and how many were too old to count.
   */
  add({ topic, partition, from, to, messages }: Stretch, now: Date): { missed: number; tooOld: number } {
    const oldest = now.getTime() - KEEP_IDS_MS
    const young = messages.filter(({ time }) => time.getTime() >= oldest)
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const known = this.#db
        .prepare('SELECT next FROM positions WHERE topic = ? AND partition = ?')
        .get(topic, partition)
      const next = typeof known?.['next'] === 'string' ? BigInt(known['next']) : from
      for (const message of young) this.#addOnce(message)
      this.#db
        .prepare('INSERT OR REPLACE INTO positions (topic, partition, next) VALUES (?, ?, ?)')
        .run(topic, partition, String(to > next ? to : next))
      this.#db.exec('COMMIT')
      return { missed: from > next ? Number(from - next) : 0, tooOld: messages.length - young.length }
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }

  #addOnce({ id, time, fact }: CountedMessage): void {
    const claimed = this.#db
      .prepare('INSERT OR IGNORE INTO applied (id, time) VALUES (?, ?)')
      .run(id, time.getTime())
    if (claimed.changes === 0) return
    const minute = `${time.toISOString().slice(0, 16)}Z`
    this.#db.prepare('INSERT OR IGNORE INTO minutes (minute) VALUES (?)').run(minute)
    this.#count(minute, fact)
  }

  #count(minute: string, fact: Fact): void {
    switch (fact.kind) {
      case 'sold':
        this.#db.prepare('INSERT OR IGNORE INTO sold (payment_id) VALUES (?)').run(fact.paymentId)
        this.#db
          .prepare('UPDATE minutes SET sales = sales + 1, amount = amount + ? WHERE minute = ?')
          .run(fact.amount, minute)
        return
      case 'seats':
        this.#db.prepare('UPDATE minutes SET seats = seats + ? WHERE minute = ?').run(fact.count, minute)
        return
      case 'refunded': {
        // A payment's approval and its refund have the same key, so the approval is here before.
        const wasSold = this.#db.prepare('DELETE FROM sold WHERE payment_id = ?').run(fact.paymentId)
        if (wasSold.changes === 0) return
        this.#db
          .prepare(
            'UPDATE minutes SET refunds = refunds + 1, refunded_amount = refunded_amount + ? WHERE minute = ?',
          )
          .run(fact.amount, minute)
      }
    }
  }

  /** Forgets ids that are too old to be needed. */
  tidy(now: Date): void {
    this.#db.prepare('DELETE FROM applied WHERE time < ?').run(now.getTime() - KEEP_IDS_MS)
  }

  /** All minutes in which something happened, the first one first. */
  minutes(): Minute[] {
    const rows = this.#db
      .prepare(
        `SELECT minute, sales, seats, amount, refunds, refunded_amount FROM minutes
         WHERE sales + seats + refunds > 0 ORDER BY minute`,
      )
      .all()
    return rows.map((row) => ({
      minute: String(row['minute']),
      sales: Number(row['sales']),
      seats: Number(row['seats']),
      amount: Number(row['amount']),
      refunds: Number(row['refunds']),
      refundedAmount: Number(row['refunded_amount']),
    }))
  }

  close(): void {
    this.#db.close()
  }
}
