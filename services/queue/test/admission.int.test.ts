import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { startQueueInstances } from './queue-instances.ts'
import type { QueueInstances } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { QueueClient, StandInCatalog } from './queue-under-test.ts'

const ACTIVE_MS = 3_000
const WAITING_MS = 4_000

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  const change = { ACTIVE_MS: String(ACTIVE_MS), WAITING_MS: String(WAITING_MS), ADMIT_EVERY_MS: '50' }
  queues = await startQueueInstances(environment, catalog, change)
})

afterAll(async () => {
  await queues?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

const client = (index = 0): QueueClient => queues.at(index).client

async function statusOf(scheduleId: number, user: string): Promise<string | undefined> {
  const { rows } = await queues
    .at(0)
    .ctx.pool.query<{ status: string }>(
      'SELECT status FROM queue_tokens WHERE schedule_id = $1 AND user_id = $2 ORDER BY sequence DESC LIMIT 1',
      [scheduleId, user],
    )
  return rows[0]?.status
}

describe('with three schedulers at once', () => {
  test('an ACTIVE place that runs out goes to the next one', async () => {
    const scheduleId = catalog.addSchedule()
    await client().steer(scheduleId, { maxActive: 1 })
    const first = await client(0).join(scheduleId, 'first')
    const second = await client(1).join(scheduleId, 'second')
    expect(first.data['status']).toBe('ACTIVE')
    await eventually(async () => {
      expect((await client(2).place(second.data['token'])).data['status']).toBe('ACTIVE')
    })
    expect(await client(1).place(first.data['token'])).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' })
    await eventually(async () => expect(await statusOf(scheduleId, 'first')).toBe('EXPIRED'))
    expect((await client(0).join(scheduleId, 'first')).status).toBe(200)
  })

  test('a waiting place that nobody asks for ends, and who asks keeps it', async () => {
    const scheduleId = catalog.addSchedule()
    await client().steer(scheduleId, { maxActive: 1, paused: true })
    const silent = await client(0).join(scheduleId, 'silent')
    const asking = await client(1).join(scheduleId, 'asking')
    await eventually(
      async () => {
        expect((await client(1).place(asking.data['token'])).data).toMatchObject({ queuePosition: 1 })
      },
      { everyMs: 200 },
    )
    expect(await client(2).place(silent.data['token'])).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' })
  })
})

describe('over gRPC', () => {
  test('VerifyToken lets ACTIVE tokens in, for their schedule and user only', async () => {
    const scheduleId = catalog.addSchedule()
    await client().steer(scheduleId, { maxActive: 1 })
    const active = await client(0).join(scheduleId, 'active')
    const waiting = await client(0).join(scheduleId, 'waiting')
    const other = queues.at(1)
    const token = String(active.data['token'])
    await expect(other.verify({ token })).resolves.toMatchObject({ scheduleId, userId: 'active' })
    await expect(other.verify({ token, scheduleId, userId: 'active' })).resolves.toMatchObject({
      activeUntilMs: Date.parse(String(active.data['expiresAt'])),
      sequence: active.data['sequence'],
    })
    const invalid = { code: 'QUEUE_TOKEN_INVALID' }
    await expect(other.verify({ token, scheduleId: scheduleId + 1 })).rejects.toMatchObject(invalid)
    await expect(other.verify({ token, userId: 'other' })).rejects.toMatchObject(invalid)
    await expect(other.verify({ token: 'junk' })).rejects.toMatchObject(invalid)
    await expect(other.verify({ token: '' })).rejects.toMatchObject(invalid)
    const tooEarly = other.verify({ token: String(waiting.data['token']) })
    await expect(tooEarly).rejects.toMatchObject({ code: 'QUEUE_TOKEN_NOT_ACTIVE' })
  })
})
