import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { admitNext } from '../src/admission/admit-next.ts'
import type { AdmissionBatch } from '../src/admission/admit-next.ts'
import { changeRoom } from '../src/admission/change-room.ts'
import { livesOf } from '../src/admission/no-shows.ts'
import type { RunningQueue } from '../src/start.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

let environment: TestEnvironment
let catalog: StandInCatalog
let queue: RunningQueue

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queue = await startQueueService(environment, catalog)
}, 60_000)

afterAll(async () => {
  await queue?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

/** A batch of admission of one place at most; what it did. */
async function admitOne(scheduleId: number): Promise<AdmissionBatch | undefined> {
  const { ctx } = queue
  const window = { opensAtMs: 0, endsAtMs: Number.MAX_SAFE_INTEGER / 1_000, over: false }
  return changeRoom(ctx, scheduleId, (tx) => admitNext(tx, scheduleId, window, livesOf(ctx), 1))
}

test('who comes back while many are sent home for their silence is let in before those behind, and not left standing', async () => {
  const { ctx } = queue
  const client = new QueueClient(queue)
  const scheduleId = catalog.addSchedule()
  // The test makes all rounds of this room itself.
  ctx.busy.restUntil.set(scheduleId, Date.now() + 600_000)
  await client.steer(scheduleId, { maxActive: 1, paused: true })
  for (const user of ['silent', 'comes-back', 'behind']) await client.join(scheduleId, user)
  await ctx.pool.query(
    `UPDATE queue_tokens SET seen_at = now() - make_interval(days => 3 - sequence::int) WHERE schedule_id = $1`,
    [scheduleId],
  )
  await client.steer(scheduleId, { paused: false })
  // One batch takes one of the two who were silent for longer than a place in the line is kept.
  expect(await admitOne(scheduleId)).toMatchObject({ expired: 1, admitted: 0, hasMore: true })
  await ctx.notes.add(scheduleId, { kind: 'SEEN', sequence: 2, atMs: Date.now() })
  expect(await admitOne(scheduleId)).toMatchObject({ expired: 0, admitted: 1, lastAdmitted: 2 })
  const { rows } = await ctx.pool.query(
    'SELECT status FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence',
    [scheduleId],
  )
  expect(rows.map(({ status }) => status)).toEqual(['EXPIRED', 'ACTIVE', 'WAITING'])
})
