import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { NoteOutcome } from '../src/places/place-notes.ts'
import { hashToken, newTokenValue } from '../src/places/token-value.ts'
import type { RunningQueue } from '../src/start.ts'
import { expectMirrored } from './mirrored-room.ts'
import { connectStores, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog, Stores } from './queue-under-test.ts'

// Notes about places of many rooms that come at once.

const NO_SUCH_ROOM = 999_999

let environment: TestEnvironment
let catalog: StandInCatalog
let queue: RunningQueue
let stores: Stores
let admin: Pool

// Without rounds of admission each change is one that a join or a note makes.
const startInstance = () =>
  startQueueService(environment, catalog, { ADMIT_EVERY_MS: '5000', MAX_ACTIVE: '10' })

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queue = await startInstance()
  stores = await connectStores(environment)
  admin = openPatientPool(environment.adminDatabaseUrl, { max: 1, applicationName: 'admin-test' })
})

afterAll(async () => {
  await admin?.end()
  await stores?.stop()
  await queue?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

const newToken = (): Buffer => hashToken(newTokenValue(Date.now())).full

/** Somebody who is in, in a room whose version is the number of those who joined it one after the other, and one more. */
interface Holder {
  scheduleId: number
  sequence: number
  userId: string
  tokenHash: Buffer
}

async function roomWith(people: number): Promise<Holder> {
  const scheduleId = catalog.addSchedule()
  const onSale = await queue.ctx.schedules.get(scheduleId)
  const holder = { scheduleId, sequence: people, userId: `user-${people}`, tokenHash: newToken() }
  for (let number = 1; number <= people; number += 1) {
    const tokenHash = number === people ? holder.tokenHash : newToken()
    const joined = await queue.ctx.joins.add(scheduleId, { onSale, userId: `user-${number}`, tokenHash })
    expect(joined).toMatchObject({ status: 'ACTIVE', sequence: number })
  }
  return holder
}

const roomsWith = (people: readonly number[]): Promise<Holder[]> => Promise.all(people.map(roomWith))

function extend(
  { scheduleId, sequence }: Pick<Holder, 'scheduleId' | 'sequence'>,
  untilMs: number,
  instance = queue,
): Promise<NoteOutcome | null> {
  return instance.ctx.notes.add(scheduleId, { kind: 'EXTENDED', sequence, untilMs })
}

/** The versions of these rooms in their order, and how many transactions have written these rooms and the holders' places last. */
async function readRooms(holders: readonly Holder[]): Promise<{ versions: number[]; transactions: number }> {
  const ids = holders.map(({ scheduleId }) => scheduleId)
  const { rows } = await stores.pool.query<{
    scheduleId: number
    version: number
    room: string
    place: string
  }>(
    `SELECT r.schedule_id AS "scheduleId", r.version, r.xmin AS room, t.xmin AS place
     FROM unnest($1::bigint[], $2::bigint[]) AS held (id, held_sequence)
     JOIN rooms r ON r.schedule_id = id JOIN queue_tokens t ON t.schedule_id = id AND sequence = held_sequence`,
    [ids, holders.map(({ sequence }) => sequence)],
  )
  const versions = ids.map((id) => rows.find(({ scheduleId }) => scheduleId === id)?.version ?? 0)
  return { versions, transactions: new Set(rows.flatMap(({ room, place }) => [room, place])).size }
}

test('notes of several rooms share one transaction, and each is answered with the version of its own room', async () => {
  const holders = await roomsWith([1, 2, 3, 4, 5])
  const [seen, held, paid, left, reissued] = holders
  if (!seen || !held || !paid || !left || !reissued) throw new Error('five rooms were made')
  const before = await readRooms(holders)
  expect(new Set(before.versions).size).toBe(holders.length)
  const untilMs = Date.now() + 400_000
  const { notes } = queue.ctx
  const newHash = newToken()
  const outcomes = await Promise.all([
    notes.add(seen.scheduleId, { kind: 'SEEN', sequence: seen.sequence, atMs: Date.now() }),
    extend(held, untilMs),
    notes.add(paid.scheduleId, { kind: 'USED', sequence: paid.sequence }),
    notes.add(left.scheduleId, { kind: 'LEFT', tokenHash: left.tokenHash }),
    notes.add(reissued.scheduleId, { kind: 'REISSUED', userId: reissued.userId, tokenHash: newHash }),
  ])
  const after = await readRooms(holders)
  expect(after.versions).toEqual(before.versions.map((version) => version + 1))
  expect(outcomes.map((outcome) => outcome?.version)).toEqual(after.versions)
  expect(outcomes.map((outcome) => outcome?.place.userId)).toEqual(holders.map(({ userId }) => userId))
  expect(outcomes).toMatchObject([
    { place: { status: 'ACTIVE', showUpByMs: null } },
    { place: { status: 'ACTIVE', activeUntilMs: untilMs } },
    { place: { status: 'USED' } },
    { place: { status: 'LEFT' } },
    { place: { status: 'ACTIVE', tokenHash: newHash }, tokenHashBefore: reissued.tokenHash },
  ])
  expect(after.transactions).toBe(1)
  for (const { scheduleId } of holders) await expectMirrored(stores, scheduleId)
})

test('a room that does not exist and places that do not are answered with nothing, and the notes of the other rooms are made', async () => {
  const holders = await roomsWith([1, 2])
  const [one, other] = holders
  if (!one || !other) throw new Error('two rooms were made')
  const before = await readRooms(holders)
  const untilMs = Date.now() + 400_000
  const outcomes = await Promise.all([
    extend(one, untilMs),
    extend({ scheduleId: NO_SUCH_ROOM, sequence: 1 }, untilMs),
    // A place of this number is there in the other room only.
    extend({ ...one, sequence: other.sequence }, untilMs),
    queue.ctx.notes.add(one.scheduleId, { kind: 'LEFT', tokenHash: other.tokenHash }),
    queue.ctx.notes.add(one.scheduleId, { kind: 'REISSUED', userId: other.userId, tokenHash: newToken() }),
    extend(other, untilMs + 1),
  ])
  const { versions } = await readRooms(holders)
  expect(versions).toEqual(before.versions.map((version) => version + 1))
  expect(outcomes).toMatchObject([
    { place: { userId: one.userId, activeUntilMs: untilMs }, version: versions[0] },
    null,
    null,
    null,
    null,
    { place: { userId: other.userId, activeUntilMs: untilMs + 1 }, version: versions[1] },
  ])
  await expectMirrored(stores, one.scheduleId)
})

test('a room whose lock somebody holds keeps no note of another room waiting, and its own are made when the lock is free', async () => {
  const holders = await roomsWith([1, 2, 3])
  const [one, locked, other] = holders
  if (!one || !locked || !other) throw new Error('three rooms were made')
  const before = await readRooms(holders)
  const untilMs = Date.now() + 400_000
  const held = await stores.pool.connect()
  try {
    await held.query('BEGIN')
    await held.query('SELECT 1 FROM rooms WHERE schedule_id = $1 FOR NO KEY UPDATE', [locked.scheduleId])
    let isAnswered = false
    const late = extend(locked, untilMs).finally(() => {
      isAnswered = true
    })
    const first = await Promise.all([extend(one, untilMs), extend(other, untilMs)])
    expect(first).toMatchObject([
      { place: { activeUntilMs: untilMs } },
      { place: { activeUntilMs: untilMs } },
    ])
    // The same while the first note of that room waits already.
    const alsoLate = extend(locked, untilMs + 1)
    const second = await Promise.all([extend(one, untilMs + 1), extend(other, untilMs + 1)])
    expect(second.map((outcome) => outcome?.place.activeUntilMs)).toEqual([untilMs + 1, untilMs + 1])
    expect(isAnswered).toBe(false)
    await held.query('COMMIT')
    const outcomes = await Promise.all([late, alsoLate])
    const { versions } = await readRooms(holders)
    expect(outcomes.map((outcome) => outcome?.place.userId)).toEqual([locked.userId, locked.userId])
    expect(Math.max(...outcomes.map((outcome) => outcome?.version ?? 0))).toBe(versions[1])
    expect(versions[0]).toBe((before.versions[0] ?? 0) + 2)
  } finally {
    held.release()
  }
  await expectMirrored(stores, locked.scheduleId)
})

test('a note that the database refuses fails no note of another room', async () => {
  const [one, refused, other] = await roomsWith([1, 1, 1])
  if (!one || !refused || !other) throw new Error('three rooms were made')
  await admin.query(
    `ALTER TABLE queue.queue_tokens ADD CONSTRAINT refused
       CHECK (schedule_id <> ${refused.scheduleId} OR active_until < now() + interval '390 s') NOT VALID`,
  )
  const untilMs = Date.now() + 400_000
  const outcomes = await Promise.allSettled([one, refused, other].map((holder) => extend(holder, untilMs)))
  await admin.query('ALTER TABLE queue.queue_tokens DROP CONSTRAINT refused')
  expect(outcomes).toMatchObject([
    { status: 'fulfilled', value: { place: { activeUntilMs: untilMs } } },
    { status: 'rejected', reason: { constraint: 'refused' } },
    { status: 'fulfilled', value: { place: { activeUntilMs: untilMs } } },
  ])
})

test('a note whose place is not saved fails and changes nothing, and fails no note of another room', async () => {
  const [one, unsaved, other] = await roomsWith([1, 1, 1])
  if (!one || !unsaved || !other) throw new Error('three rooms were made')
  const before = await readRooms([unsaved])
  await admin.query(
    `CREATE FUNCTION queue.keep_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
     CREATE TRIGGER kept BEFORE UPDATE ON queue.queue_tokens
       FOR EACH ROW WHEN (OLD.schedule_id = ${unsaved.scheduleId}) EXECUTE FUNCTION queue.keep_row()`,
  )
  const untilMs = Date.now() + 400_000
  const outcomes = await Promise.allSettled([one, unsaved, other].map((holder) => extend(holder, untilMs)))
  await admin.query('DROP FUNCTION queue.keep_row() CASCADE')
  expect(outcomes).toMatchObject([
    { status: 'fulfilled', value: { place: { activeUntilMs: untilMs } } },
    {
      status: 'rejected',
      reason: { message: expect.stringContaining('1 places in 1 rooms that changed, 0 in 1') },
    },
    { status: 'fulfilled', value: { place: { activeUntilMs: untilMs } } },
  ])
  expect((await readRooms([unsaved])).versions).toEqual(before.versions)
  await expectMirrored(stores, unsaved.scheduleId)
})

test('two processes that note of the same rooms in opposite order never wait for each other in a circle, and lose no note', async () => {
  const holders = await roomsWith(Array.from({ length: 12 }, () => 2))
  const before = await readRooms(holders)
  const instances = await Promise.all([startInstance(), startInstance()])
  const rounds = 60
  const versions = new Map<number, Set<number>>(holders.map(({ scheduleId }) => [scheduleId, new Set()]))
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const untilMs = Date.now() + 400_000 + 1_000 * round
      await Promise.all(
        instances.flatMap((instance, index) =>
          (index === 0 ? holders : holders.toReversed()).map(async ({ scheduleId }) => {
            // Each process notes of a place of its own, so that each note is a change.
            const outcome = await extend({ scheduleId, sequence: index + 1 }, untilMs, instance)
            expect(outcome?.place.activeUntilMs).toBe(untilMs)
            versions.get(scheduleId)?.add(outcome?.version ?? 0)
          }),
        ),
      )
    }
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()))
  }
  const changes = instances.length * rounds
  const after = await readRooms(holders)
  expect(after.versions).toEqual(before.versions.map((version) => version + changes))
  expect([...versions.values()].map(({ size }) => size)).toEqual(holders.map(() => changes))
  // The connections of both have told of their deadlocks at their end.
  const { rows } = await admin.query<{ deadlocks: number }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  )
  expect(rows).toEqual([{ deadlocks: 0 }])
})
