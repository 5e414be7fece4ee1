import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { createReplicaEvents } from '../src/replica/replica-events.ts'
import { ReplicaReads } from '../src/replica/replica-reads.ts'
import { StreamingReplica } from './streaming-replica.ts'

/** Longer than a busy machine takes to answer, but where the subject is that it takes too long. */
const PATIENCE_MS = 60_000
const DEADLINE_MS = 1_000
const LAG_MAX_MS = 3_000

let servers: StreamingReplica
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  servers = await StreamingReplica.start()
})

afterEach(async () => {
  await servers.resumeReplay()
  await Promise.all(closing.splice(0).map((close) => close()))
})

afterAll(() => servers.dispose())

/** Reads on both servers, which look when the test says so. */
function openReads({
  replicaUrl,
  deadlineMs = PATIENCE_MS,
}: { replicaUrl?: string; deadlineMs?: number } = {}) {
  const open = (url: string): Pool => {
    const pool = openPatientPool(url, { applicationName: 'replica-test' })
    closing.push(async () => (pool.ended ? undefined : pool.end()))
    return pool
  }
  const lines: { level: number; msg: string; err?: { message: string } }[] = []
  const logger = pino({ level: 'debug' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const registry = new Registry()
  const primary = open(servers.url('primary'))
  const replica = open(replicaUrl ?? servers.url('replica'))
  const watch = open(servers.url('primary'))
  const reads: ReplicaReads = new ReplicaReads({
    primary,
    replica,
    watch,
    lagMaxMs: LAG_MAX_MS,
    deadlineMs,
    events: createReplicaEvents(registry, logger, {
      ageMs: () => reads.ageMs,
      isUsed: () => reads.isUsed,
    }),
  })
  const warnings = (): string[] =>
    lines.filter(({ level }) => level === 40).map(({ err }) => err?.message ?? '')
  /** Who answers when somebody reads now. */
  const answeredBy = (): Promise<'primary' | 'replica'> => reads.run(async (pool) => serverOf(pool))
  const serverOf = (pool: Pool): 'primary' | 'replica' => (pool === primary ? 'primary' : 'replica')
  return { reads, watch, registry, lines, warnings, answeredBy, serverOf }
}

/** Looks until the replica is used, as it streams a moment behind. */
async function openUsedReads(options: { deadlineMs?: number } = {}) {
  const opened = openReads(options)
  await eventually(async () => {
    await opened.reads.look()
    expect(opened.reads.isUsed).toBe(true)
  })
  opened.lines.length = 0
  return opened
}

describe('where reads are answered', () => {
  test('by the primary until a look has found the replica well, then by the replica', async () => {
    const { reads, answeredBy, warnings } = openReads()
    expect(await answeredBy()).toBe('primary')
    await eventually(async () => {
      await reads.look()
      expect(await answeredBy()).toBe('replica')
    })
    const rows = await reads.run((pool) => pool.query('SELECT pg_is_in_recovery() AS recovers'))
    expect(rows.rows).toEqual([{ recovers: true }])
    expect(warnings()).toEqual([])
  })

  test('by the replica for as long as nobody writes, though it has replayed nothing for long', async () => {
    await servers.run('primary', `INSERT INTO concerts (title) VALUES ('The last for a while')`)
    const { reads, answeredBy } = await openUsedReads()
    await eventually(
      async () => {
        const [row] = await servers.run(
          'replica',
          'SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp())::int AS seconds',
        )
        await reads.look()
        expect(row?.['seconds']).toBeGreaterThan((2 * LAG_MAX_MS) / 1_000)
      },
      { everyMs: 250 },
    )
    // One look that a busy machine kept waiting sends reads to the primary until the next.
    await eventually(async () => {
      await reads.look()
      expect(await answeredBy()).toBe('replica')
    })
  })

  test('by the primary while the replica is behind by more than the limit, with one warning, and by the replica again', async () => {
    const { reads, registry, lines, warnings, answeredBy } = await openUsedReads()
    await servers.pauseReplay()
    await servers.run('primary', `INSERT INTO concerts (title) VALUES ('Behind')`)
    await eventually(
      async () => {
        await reads.look()
        await reads.look()
        expect(await answeredBy()).toBe('primary')
      },
      { everyMs: 250 },
    )
    await eventually(() => expect(reads.ageMs).toBeGreaterThan(LAG_MAX_MS))
    await reads.look()
    await reads.look()
    expect(warnings()).toEqual([expect.stringMatching(/^the replica is \d+ ms behind$/)])
    expect(await registry.metrics()).toContain('catalog_replica_used 0')
    await servers.resumeReplay()
    await eventually(async () => {
      await reads.look()
      expect(await answeredBy()).toBe('replica')
    })
    expect(lines.at(-1)).toMatchObject({ level: 30, msg: 'the replica is well again' })
    expect(await registry.metrics()).toContain('catalog_replica_used 1')
    expect(await registry.metrics()).toMatch(/catalog_reads_total\{answered_by="primary"\} [1-9]/)
  })

  test('by the primary when no look has come for longer than the limit', async () => {
    const { answeredBy } = await openUsedReads()
    await eventually(async () => expect(await answeredBy()).toBe('primary'))
  })

  test('by the primary after a write of this process, until the replica has it', async () => {
    const { reads, answeredBy } = await openUsedReads()
    await servers.pauseReplay()
    await servers.run('primary', `INSERT INTO concerts (title) VALUES ('Just written')`)
    reads.wrote()
    await reads.look()
    expect(await answeredBy()).toBe('primary')
    await servers.resumeReplay()
    await eventually(async () => {
      await reads.look()
      expect(await answeredBy()).toBe('replica')
    })
  })

  test('by the primary where the other server is a primary too', async () => {
    const { reads, answeredBy, warnings } = openReads({ replicaUrl: servers.url('primary') })
    await reads.look()
    expect(await answeredBy()).toBe('primary')
    expect(warnings()).toEqual([expect.stringContaining('promoted')])
  })

  test('by the replica for up to the limit when only the primary does not say where it is', async () => {
    const { reads, watch, warnings, answeredBy } = await openUsedReads()
    await watch.end()
    await reads.look()
    expect(await answeredBy()).toBe('replica')
    expect(warnings()).toEqual([])
    await eventually(async () => expect(await answeredBy()).toBe('primary'))
    await reads.look()
    expect(warnings()).toHaveLength(1)
  })
})

describe('a read that the replica does not answer is answered by the primary', () => {
  test('when replay cancels it', async () => {
    const { reads, serverOf, lines, answeredBy } = await openUsedReads()
    await servers.run('replica', 'ALTER SYSTEM SET max_standby_streaming_delay = 0')
    await servers.run('replica', 'SELECT pg_reload_conf()')
    const errors: unknown[] = []
    const answer = reads.run(async (pool) => {
      if (serverOf(pool) === 'primary') return 'answered'
      const read = pool.query('SELECT count(*), pg_sleep(50) FROM concerts')
      const ended = read.catch((error: unknown) => errors.push(error))
      await eventually(async () => {
        const busy = await servers.run(
          'replica',
          `SELECT 1 FROM pg_stat_activity WHERE application_name = 'replica-test' AND state = 'active'`,
        )
        expect(busy).toHaveLength(1)
      })
      await servers.run('primary', 'DO $$ BEGIN LOCK TABLE concerts IN ACCESS EXCLUSIVE MODE; END $$')
      await ended
      await read
      return 'not cancelled'
    })
    expect(await answer).toBe('answered')
    expect(errors).toMatchObject([{ code: '40001' }])
    expect(lines.at(-1)).toMatchObject({ level: 20, msg: 'a read failed on the replica' })
    expect(await answeredBy()).toBe('replica')
  })

  test('when it takes too long, and no other is tried before the next look', async () => {
    const { reads, serverOf, warnings, answeredBy } = await openUsedReads({ deadlineMs: DEADLINE_MS })
    const answer = await reads.run((pool) =>
      serverOf(pool) === 'primary' ? Promise.resolve('answered') : new Promise<string>(() => {}),
    )
    expect(answer).toBe('answered')
    expect(await answeredBy()).toBe('primary')
    expect(warnings()).toEqual([`no answer within ${DEADLINE_MS} ms`])
    await eventually(async () => {
      await reads.look()
      expect(await answeredBy()).toBe('replica')
    })
  })

  test('when what was asked for is not there yet', async () => {
    const { reads, serverOf, warnings } = await openUsedReads()
    const refused = reads.run(async (pool) => {
      if (serverOf(pool) === 'replica') throw refuse('CONCERT_NOT_FOUND', 'not there')
      return 'there'
    })
    expect(await refused).toBe('there')
    const empty = reads.run(
      async (pool) => (serverOf(pool) === 'replica' ? [] : ['row']),
      (rows) => rows.length > 0,
    )
    expect(await empty).toEqual(['row'])
    expect(warnings()).toEqual([])
  })

  test('with the refusal of the primary where there is none', async () => {
    const { reads } = await openUsedReads()
    const refused = reads.run(async () => {
      throw refuse('CONCERT_NOT_FOUND', 'not there')
    })
    await expect(refused).rejects.toMatchObject({ code: 'CONCERT_NOT_FOUND' })
  })
})
