import type { Queryable } from '@frontrow/postgres/pool'

/** What a service found about one invariant in its own schema. */
export interface InvariantCheck {
  number: number
  name: string
  /** How many rows were checked. */
  checked: number
  violationCount: number
  /** The first few rows that break it, each as one line. */
  violations: string[]
}

const SHOWN_MAX = 10
// A younger row may still be on its way to Kafka.
const SETTLED_SECONDS = 30

/** Invariant 7, the publishing side: every outbox row older than 30 s is published. (The inbox's primary key forbids repeats.) */
export async function checkMessages(db: Queryable, service: string): Promise<InvariantCheck> {
  const { rows: counts } = await db.query<{ outbox: number; inbox: number; late: number }>(
    `SELECT (SELECT count(*) FROM outbox) AS outbox, (SELECT count(*) FROM inbox) AS inbox,
            (SELECT count(*) FROM outbox
             WHERE published_at IS NULL AND occurred_at < now() - make_interval(secs => $1)) AS late`,
    [SETTLED_SECONDS],
  )
  const { rows: late } = await db.query<{ id: number; topic: string; type: string; occurred_at: Date }>(
    `SELECT id, topic, type, occurred_at FROM outbox
     WHERE published_at IS NULL AND occurred_at < now() - make_interval(secs => $1) ORDER BY id LIMIT $2`,
    [SETTLED_SECONDS, SHOWN_MAX],
  )
  const count = counts[0]
  return {
    number: 7,
    name: 'every outbox row is published; every message is applied once',
    checked: (count?.outbox ?? 0) + (count?.inbox ?? 0),
    violationCount: count?.late ?? 0,
    violations: late.map(
      (row) =>
        `${service}: outbox row ${row.id} (${row.type} to ${row.topic}) has waited since ${row.occurred_at.toISOString()}`,
    ),
  }
}
