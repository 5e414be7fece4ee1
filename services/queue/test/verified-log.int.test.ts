import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { readFairness, verifyFairness } from './fairness-log.ts'
import { placeOf, startQueueInstances, steer } from './queue-instances.ts'
import type { QueueInstances } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

// The checker of the folder fairness/ reads a room that has seen everything the log can tell: as it was, and after an operator with
// all rights in the database has changed one row.

const EARLY = 24
const LATE = 8
const LIMITS = { maxActive: 16, admitPerSecond: 8 }

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances
let owner: Client
let scheduleId: number
/** What somebody noted who was there: the commitment, the own entry number and place, and the head of the log at its end. */
let noted: string[]
let ownEntry: number
let admittingInstances: number

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queues = await startQueueInstances(environment, catalog, {
    SHOW_UP_MS: '2500',
    ACTIVE_MS: '3500',
    ACTIVE_MAX_MS: '4500',
    ADMIT_EVERY_MS: '50',
  })
  owner = createClient(environment.adminDatabaseUrl, 'test')
  await owner.connect()
  const admitted = queues.all.map(({ ctx }) => jest.spyOn(ctx.events, 'admitted'))
  scheduleId = catalog.addSchedule({ bookingOpenAtMs: Date.now() + 5_000 })
  await steer(queues.at(0), scheduleId, LIMITS)
  const { commitment } = await readFairness(queues.at(1), scheduleId)
  const visitors = await visitRoom()
  admittingInstances = admitted.filter(({ mock }) => mock.calls.length > 0).length
  const { log } = await readFairness(queues.at(1), scheduleId)
  const own = visitors.find(({ drawn }) => drawn > 0)
  ownEntry = own?.entry ?? 0
  noted = [
    '--commitment',
    commitment,
    '--head',
    `${log.length}:${log.head}`,
    '--entry',
    `${ownEntry}:${own?.drawn}`,
  ]
  await owner.query('SET search_path = queue')
  await owner.query('CREATE TEMP TABLE true_log AS SELECT * FROM room_log')
  await owner.query('CREATE TEMP TABLE true_rooms AS SELECT * FROM rooms')
})

afterAll(async () => {
  jest.restoreAllMocks()
  await owner?.end()
  await queues?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

/** What people do once they are in; they take turns. `stays` makes holds until its time is up. */
const WAYS = ['stays away', 'stays', 'leaves', 'looks on'] as const

/** Has people join before and after the opening, over all instances, and returns when nobody is in the room any more. */
async function visitRoom(): Promise<Visit[]> {
  const early = Array.from({ length: EARLY }, (_none, index) => visit(index))
  const opensAtMs = Number(catalog.schedules.get(scheduleId)?.bookingOpenAtMs)
  await eventually(() => expect(Date.now()).toBeGreaterThan(opensAtMs))
  const late = Array.from({ length: LATE }, (_none, index) => visit(EARLY + index))
  const visits = await Promise.all(early)
  await Promise.all(late)
  // A place counts as over from its deadline on; the next round ends it and writes the log.
  await eventually(async () => {
    const { rows } = await owner.query(
      `SELECT 1 FROM queue.queue_tokens WHERE status IN ('WAITING', 'ACTIVE')`,
    )
    expect(rows).toEqual([])
  })
  return visits
}

interface Visit {
  /** The sequence told at the join. */
  entry: number
  /** The one told once in; 0 where nobody asked. */
  drawn: number
}

async function visit(index: number): Promise<Visit> {
  const way = WAYS[index % WAYS.length]
  const instance = queues.at(index)
  const { token, sequence } = placeOf(await instance.client.join(scheduleId, `visitor-${index}`))
  if (way === 'stays away') return { entry: sequence, drawn: 0 }
  const inside = await eventually(
    async () => {
      const place = placeOf(await queues.at(index + 1).client.place(token))
      expect(place.status).toBe('ACTIVE')
      return place
    },
    { everyMs: 100 },
  )
  if (way === 'stays') await instance.extend(token, Date.now() + 60_000)
  if (way === 'leaves') await instance.client.leave(token)
  return { entry: sequence, drawn: inside.sequence }
}

test('an honest log with a draw, no-shows and ends by the limit of time, written by several instances, holds', async () => {
  expect(admittingInstances).toBeGreaterThan(1)
  const { entries, draw } = await readFairness(queues.at(2), scheduleId, 1)
  expect(draw).toMatchObject({ entries: EARLY })
  const kinds = (kind: string): number => entries.filter((entry) => entry.kind === kind).length
  const ofAWay = (EARLY + LATE) / WAYS.length
  expect([kinds('ADMITTED'), kinds('NO_SHOW'), kinds('TIME_UP')]).toEqual([EARLY + LATE, ofAWay, ofAWay])
  const { code, output } = await verifyFairness(queues.at(1), scheduleId, ...noted)
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/\nfairness holds\n$/) })
  expect(output).not.toContain('DOES NOT HOLD')
  expect(output).not.toMatch(/not (yet|checked)/)
})

/** Makes a change as an operator could who has all rights, and says what the checker finds; then the truth is put back. */
async function findingsOf(change: string, options: { hashedAnew: boolean }): Promise<string[]> {
  try {
    await rewrite([change, ...(options.hashedAnew ? [HASH_ANEW, MOVE_HEAD] : [])])
    const { code, output } = await verifyFairness(queues.at(2), scheduleId, ...noted)
    const findings = [...output.matchAll(/^ {2}DOES NOT HOLD {2}(.*)$/gm)].map(([, name = '']) => name)
    expect({ code, found: findings.length > 0 }).toEqual({ code: 1, found: true })
    return findings
  } finally {
    await rewrite(RESTORE)
  }
}

async function rewrite(statements: readonly string[]): Promise<void> {
  await owner.query('BEGIN')
  await owner.query('ALTER TABLE room_log DISABLE TRIGGER room_log_immutable')
  for (const statement of statements) expect((await owner.query(statement)).rowCount).toBeGreaterThan(0)
  await owner.query('ALTER TABLE room_log ENABLE TRIGGER room_log_immutable')
  await owner.query('COMMIT')
}

const HASH_ANEW = `
  UPDATE room_log l SET hash = anew.hash
  FROM (SELECT number, chain_log(log_genesis(schedule_id, seed), CASE kind
      WHEN 'ADMITTED' THEN concat_ws('|', number, sequence, log_time(entered_at), log_time(admitted_at), active,
        coalesce(room_log.max_active::text, ''), room_log.admit_per_second)
      ELSE concat_ws('|', number, kind, sequence, log_time(admitted_at), log_time(ended_at), allowed_ms) END)
      OVER (ORDER BY number) AS hash
    FROM room_log JOIN rooms USING (schedule_id)) AS anew
  WHERE l.number = anew.number`
const MOVE_HEAD = 'UPDATE rooms SET log_head = (SELECT hash FROM room_log ORDER BY number DESC LIMIT 1)'
const RESTORE = [
  'DELETE FROM room_log',
  'INSERT INTO room_log SELECT * FROM true_log',
  `UPDATE rooms r SET seed = t.seed, early_entries = t.early_entries, log_length = t.log_length, log_head = t.log_head
   FROM true_rooms t WHERE t.schedule_id = r.schedule_id`,
]

const HASHES = 'every hash follows from the one before, and the last is the head'
const NOTED_HEAD = 'the head noted earlier is still at its number'
const theFirst = (kind: string): string =>
  `number = (SELECT min(number) FROM true_log WHERE kind = '${kind}')`
const theLast = (kind: string): string => `number = (SELECT max(number) FROM true_log WHERE kind = '${kind}')`

describe('a row that an operator changes is found:', () => {
  test.each([
    [
      'another time of admission',
      `SET admitted_at = admitted_at - interval '1 ms' WHERE ${theLast('ADMITTED')}`,
    ],
    [
      'another time of joining',
      `SET entered_at = entered_at - interval '1 ms' WHERE ${theFirst('ADMITTED')}`,
    ],
    ['another place', `SET sequence = sequence + 1000 WHERE ${theLast('ADMITTED')}`],
    ['a limit that was not there', `SET max_active = max_active + 1 WHERE ${theFirst('ADMITTED')}`],
    ['a no-show told as a time that was up', `SET kind = 'TIME_UP' WHERE ${theFirst('NO_SHOW')}`],
    ['a shorter allowance', `SET allowed_ms = allowed_ms - 1 WHERE ${theFirst('TIME_UP')}`],
    ['another end', `SET ended_at = ended_at + interval '1 ms' WHERE ${theLast('NO_SHOW')}`],
  ])('%s', async (_what, change) => {
    expect(await findingsOf(`UPDATE room_log ${change}`, { hashedAnew: false })).toContain(HASHES)
  })

  test.each([
    ['a no-show in the middle', theFirst('NO_SHOW')],
    ['the last entry', 'number = (SELECT max(number) FROM true_log)'],
  ])('%s is taken out', async (_what, which) => {
    expect(await findingsOf(`DELETE FROM room_log WHERE ${which}`, { hashedAnew: false })).toContain(HASHES)
  })

  test('another seed, and another number of those who took part in the draw', async () => {
    const seeded = await findingsOf(`UPDATE rooms SET seed = sha256('another')`, { hashedAnew: false })
    expect(seeded).toContain('the commitment is the one noted before the opening')
    const drawn = await findingsOf('UPDATE rooms SET early_entries = early_entries + 1', {
      hashedAnew: false,
    })
    expect(drawn).toContain(`entry ${ownEntry} has the place that the draw gave it`)
  })
})

describe('where all hashes are made anew after it, the rules and the noted head still find', () => {
  test.each([
    [
      'somebody too many',
      `SET active = max_active + 1 WHERE ${theFirst('ADMITTED')}`,
      'never more in than maxActive',
    ],
    [
      'somebody who was passed over',
      `SET sequence = sequence + 1000 WHERE ${theFirst('ADMITTED')}`,
      'nobody was passed over',
    ],
    [
      'somebody who was not in the draw',
      `SET sequence = 1 WHERE ${theFirst('ADMITTED')}`,
      'nobody is admitted by an entry number, past the draw',
    ],
    [
      'one too many in a second',
      `SET admitted_at = (SELECT admitted_at FROM true_log WHERE ${theFirst('ADMITTED')})
       WHERE number = (SELECT number FROM true_log WHERE kind = 'ADMITTED' ORDER BY number OFFSET ${LIMITS.admitPerSecond} LIMIT 1)`,
      'never faster than admitPerSecond',
    ],
    [
      'a place that was taken away early',
      `SET ended_at = admitted_at + (allowed_ms - 1) * interval '1 ms' WHERE ${theFirst('NO_SHOW')}`,
      'no end came early',
    ],
    [
      'an end of somebody who was not in',
      `SET sequence = sequence + 1000 WHERE ${theFirst('TIME_UP')}`,
      'every end is the only one of an admission before it',
    ],
  ])('%s', async (_what, change, rule) => {
    const found = await findingsOf(`UPDATE room_log ${change}`, { hashedAnew: true })
    expect(found).toContain(rule)
    expect(found).toContain(NOTED_HEAD)
    expect(found).not.toContain(HASHES)
  })

  test('a change that breaks no rule, by the noted head alone', async () => {
    const change = `UPDATE room_log SET entered_at = entered_at - interval '1 ms' WHERE ${theFirst('ADMITTED')}`
    expect(await findingsOf(change, { hashedAnew: true })).toEqual([NOTED_HEAD])
  })
})
