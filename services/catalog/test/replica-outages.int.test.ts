import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { eventually } from '@frontrow/test-kit/eventually'
import { startCatalogUnderTest } from './catalog-under-test.ts'
import type { CatalogUnderTest } from './catalog-under-test.ts'
import { StreamingReplica } from './streaming-replica.ts'

// Long enough for a test to look at what is old before it is too old.
const LAG_MAX_MS = 4_000

let servers: StreamingReplica
let underTest: CatalogUnderTest
let other: CatalogUnderTest
let schedule: { concertId: number; path: string }
let readers: { failures: string[]; answers: () => number; stop: () => Promise<void> }

const titleAt = async (instance: CatalogUnderTest, call: { admin?: boolean } = {}): Promise<unknown> =>
  (await instance.call('GET', `/concerts/${schedule.concertId}`, call)).data

async function metric(instance: CatalogUnderTest, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${instance.catalog.ports.ops}/metrics`)
  const line = (await response.text()).split('\n').find((one) => one.startsWith(name))
  return Number(line?.split(' ').at(-1) ?? 0)
}

const untilReplicaIsUsed = (is: 0 | 1): Promise<void> =>
  eventually(async () => {
    expect(await metric(underTest, 'catalog_replica_used')).toBe(is)
  })

const readsOnReplica = (): Promise<number> => metric(underTest, 'catalog_reads_total{answered_by="replica"')

/** People who ask for lists and a schedule without a rest; whatever is not a 200 is a failure. */
function startReaders(paths: readonly string[]) {
  const failures: string[] = []
  const stopping = new AbortController()
  let answers = 0
  const read = async (path: string): Promise<void> => {
    while (!stopping.signal.aborted) {
      const { status, error } = await underTest.call('GET', path)
      answers += 1
      if (status !== 200) failures.push(`${path}: ${status} ${error?.message}`)
      await nextTurn()
    }
  }
  const reading = Promise.all(paths.map(read))
  const stop = async (): Promise<void> => {
    stopping.abort()
    await reading
  }
  return { failures, answers: () => answers, stop }
}

beforeAll(async () => {
  servers = await StreamingReplica.start()
  const env = {
    DATABASE_URL: servers.url('primary'),
    CATALOG_READ_DATABASE_URL: servers.replicaUrlWithoutRole,
    REPLICA_LAG_MAX_MS: String(LAG_MAX_MS),
  }
  underTest = await startCatalogUnderTest({ env })
  other = await startCatalogUnderTest({ env })
  schedule = await underTest.createSchedule()
  const concert = `/concerts/${schedule.concertId}`
  readers = startReaders([
    '/concerts',
    '/concerts?query=light',
    concert,
    `${concert}/schedules`,
    schedule.path,
  ])
})

afterAll(async () => {
  await readers.stop()
  await other.dispose()
  await underTest.dispose()
  await servers.dispose()
})

describe('no read fails, and reads are answered', () => {
  test('by the replica while it is well', async () => {
    await untilReplicaIsUsed(1)
    await servers.pauseReplay()
    await servers.run('primary', `UPDATE concerts SET title = 'New'`)
    expect(await titleAt(underTest)).toMatchObject({ title: 'First Light' })
    expect(readers.failures).toEqual([])
  })

  test('by the primary once the replica is behind by more than the limit, and by the replica again', async () => {
    await eventually(async () => expect(await titleAt(underTest)).toMatchObject({ title: 'New' }))
    await untilReplicaIsUsed(0)
    await servers.resumeReplay()
    await untilReplicaIsUsed(1)
    const before = await readsOnReplica()
    await eventually(async () => expect(await readsOnReplica()).toBeGreaterThan(before))
    expect(readers.failures).toEqual([])
  })

  test('by the primary for an admin, and for everybody on the instance that has written', async () => {
    await eventually(async () => expect(await metric(other, 'catalog_replica_used')).toBe(1))
    await servers.pauseReplay()
    const concertId = await underTest.createConcert('Just made')
    const newest = async (instance: CatalogUnderTest, admin: boolean): Promise<unknown> =>
      (await instance.call('GET', '/concerts?limit=1', { admin })).data
    const withNew = { items: [{ concertId, title: 'Just made' }] }
    expect(await newest(other, true)).toMatchObject(withNew)
    expect(await newest(underTest, false)).toMatchObject(withNew)
    // Anybody else may see it later, but is not told that it does not exist.
    expect(await newest(other, false)).not.toMatchObject(withNew)
    expect((await other.call('GET', `/concerts/${concertId}`)).status).toBe(200)
    await servers.resumeReplay()
    await eventually(async () => expect(await newest(other, false)).toMatchObject(withNew))
    expect(readers.failures).toEqual([])
  })

  test('by the primary for a schedule that the replica does not have yet, with all its seats', async () => {
    await eventually(async () => expect(await metric(other, 'catalog_replica_used')).toBe(1))
    await servers.pauseReplay()
    const { path, scheduleId } = await underTest.createSchedule()
    const answer = await other.call('GET', path)
    expect(answer.data).toMatchObject({ scheduleId, grades: [{ seatCount: 20 }, { seatCount: 30 }] })
    const headers = { 'Queue-Token': other.queueToken(scheduleId) }
    const seats = await other.call('GET', `${path}/seats`, { headers })
    expect(seats.data).toMatchObject({ seats: { length: 50 } })
    await servers.resumeReplay()
    expect(readers.failures).toEqual([])
  })

  test('by the primary while the replica is stopped, and by the replica when it runs again', async () => {
    await untilReplicaIsUsed(1)
    await servers.stopReplica()
    await untilReplicaIsUsed(0)
    const before = readers.answers()
    await eventually(() => expect(readers.answers()).toBeGreaterThan(before + 100))
    await servers.startReplica()
    await untilReplicaIsUsed(1)
    expect(readers.failures).toEqual([])
  })

  test('by the primary after the replica was promoted and writes of its own', async () => {
    await untilReplicaIsUsed(1)
    await servers.run('replica', 'SELECT pg_promote()')
    await untilReplicaIsUsed(0)
    await servers.run('replica', `UPDATE concerts SET title = 'Of another history'`)
    expect(await titleAt(underTest)).toMatchObject({ title: 'New' })
    expect(readers.failures).toEqual([])
    expect(readers.answers()).toBeGreaterThan(500)
  })
})
