import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@frontrow/postgres/pool'
import type { OurSystem } from './our-system.ts'

/** Counts by name; all of them only go up. */
export type Counts = ReadonlyMap<string, number>

// A connection of PostgreSQL that has become idle reports what it did within 10 s.
const STATISTICS_MS = 11_000

export const TRANSACTIONS = 'transactions of PostgreSQL'
const APPLIED = 'messages applied'
const MESSAGE_TRANSACTIONS = 'transactions that apply messages'
const APIS = ['Produce', 'Fetch', 'OffsetCommit', 'Heartbeat']

/**
 * Waits until everything is reported, and reads what the system has counted since it started. Of two readings one after the other
 * the difference is what the system does while it waits.
 */
export async function readCounts(system: OurSystem): Promise<Counts> {
  await delay(STATISTICS_MS)
  const counts = new Map<string, number>(await readPostgres(system.adminDatabaseUrl))
  counts.set('bytes in Kafka', topicBytes(system.kafkaFolder))
  const pages = await Promise.all(system.opsPorts.map(readMetrics))
  const samples = pages.flatMap(parseMetrics)
  for (const api of APIS) {
    const ofApi = samples.filter(
      ({ name, labels }) => name === 'kafka_requests_total' && labels.includes(`api="${api}"`),
    )
    if (ofApi.length > 0) counts.set(`${api} requests to Kafka`, total(ofApi))
  }
  counts.set(APPLIED, total(samples.filter(({ name }) => name === 'messages_per_transaction_sum')))
  counts.set(
    MESSAGE_TRANSACTIONS,
    total(samples.filter(({ name }) => name === 'messages_per_transaction_count')),
  )
  return counts
}

/** What was counted between two readings, without what was done while waiting for the second one. */
export function countsBetween(before: Counts, after: Counts, idle: Counts): Counts {
  return new Map(
    [...after].map(([name, count]) => [
      name,
      Math.max(0, count - (before.get(name) ?? 0) - (idle.get(name) ?? 0)),
    ]),
  )
}

/** The sum of counts of several spans. */
export function addCounts(some: Counts, more: Counts): Counts {
  return new Map([...some].map(([name, count]) => [name, count + (more.get(name) ?? 0)]))
}

/** Messages that shared a transaction, on average. */
export function messagesATransaction(counts: Counts): number {
  return (counts.get(APPLIED) ?? 0) / (counts.get(MESSAGE_TRANSACTIONS) ?? 0)
}

/** The question goes to another database, so that it is not counted itself. */
async function readPostgres(adminDatabaseUrl: string): Promise<[string, number][]> {
  const url = new URL(adminDatabaseUrl)
  const database = url.pathname.slice(1)
  url.pathname = '/postgres'
  const client = createClient(url.href, 'bench')
  await client.connect()
  try {
    const { rows } = await client.query<{
      commits: number
      syncs: number
      bytes: string
      statements: boolean
    }>(
      `SELECT xact_commit AS commits, wal_sync AS syncs, wal_bytes AS bytes,
              to_regclass('pg_stat_statements') IS NOT NULL AS statements
       FROM pg_stat_database, pg_stat_wal WHERE datname = $1`,
      [database],
    )
    const [found] = rows
    if (found === undefined) throw new Error(`no statistics of the database ${database}`)
    const counts: [string, number][] = [
      [TRANSACTIONS, found.commits],
      ['WAL syncs', found.syncs],
      ['bytes of WAL', Number(found.bytes)],
    ]
    if (!found.statements) return counts
    const called = await client.query<{ calls: string }>(
      `SELECT sum(calls) AS calls FROM pg_stat_statements JOIN pg_database ON oid = dbid WHERE datname = $1`,
      [database],
    )
    return [...counts, ['statements', Number(called.rows[0]?.calls)]]
  } finally {
    await client.end()
  }
}

function topicBytes(folder: string): number {
  return readdirSync(folder)
    .filter((name) => name.startsWith('frontrow.'))
    .flatMap((topic) => readdirSync(join(folder, topic)).map((file) => join(folder, topic, file)))
    .filter((file) => file.endsWith('.log'))
    .reduce((sum, file) => sum + statSync(file).size, 0)
}

async function readMetrics(opsPort: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${opsPort}/metrics`)
  if (!answer.ok) throw new Error(`no metrics: ${answer.status}`)
  return answer.text()
}

/** The samples of a page in the text format of Prometheus. */
export function parseMetrics(page: string): { name: string; labels: string; value: number }[] {
  return page.split('\n').flatMap((line) => {
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    return name === '' ? [] : [{ name, labels, value: Number(value) }]
  })
}

function total(samples: readonly { value: number }[]): number {
  return samples.reduce((sum, { value }) => sum + value, 0)
}
