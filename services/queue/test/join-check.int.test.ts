import { findProof } from '@frontrow/proof-of-work/proof'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { tidyMarks } from '../src/join-check/mark-joins.ts'
import type { RunningQueue } from '../src/start.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { Answer, StandInCatalog } from './queue-under-test.ts'
import { setRoomLimits } from './set-limits.ts'

const JOIN_CHECK_SECRET = 'a-secret-that-only-this-test-knows-0123456789'
/** One number, as different providers write it. */
const PHONES = ['+82 10 1234 5678', '+821012345678']

let environment: TestEnvironment
let catalog: StandInCatalog
let queue: RunningQueue
let client: QueueClient

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queue = await startQueueService(environment, catalog, {
    JOIN_CHECK: 'proof-of-work',
    JOIN_CHECK_DIFFICULTY: '6',
    JOIN_CHECK_SECRET,
    JOIN_CLAIM: 'phone_number',
    JOIN_CLAIM_VERIFIED: 'phone_number_verified',
    WAITING_MAX: '1',
  })
  client = new QueueClient(queue)
}, 60_000)

afterAll(async () => {
  await queue?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

/** A bearer token of somebody with a telephone; each has one of their own where none is named. */
async function bearerOf(user: string, phone = `phone of ${user}`): Promise<Record<string, string>> {
  const claims = { phone_number: phone, phone_number_verified: true }
  return { authorization: `Bearer ${await tokenFor(user, { claims })}` }
}

async function solve(scheduleId: number, headers: Record<string, string>): Promise<string> {
  const { data } = await client.call('GET', `/queue/schedules/${scheduleId}/challenge`, { headers })
  return findProof(String(data['challenge']), Number(data['difficulty'])) ?? ''
}

function join(scheduleId: number, headers: Record<string, string>, checkAnswer?: string): Promise<Answer> {
  return client.call('POST', '/queue/tokens', { headers, body: { scheduleId, checkAnswer } })
}

const saying = ({ status, code }: Answer): unknown[] => [status, code]

describe('a join that asks for a proof of work', () => {
  test('is refused without one, which says where to get a challenge, and taken with one', async () => {
    const scheduleId = catalog.addSchedule()
    const headers = await bearerOf('honest')
    const response = await fetch(`http://127.0.0.1:${queue.ports.http}/api/v1/queue/tokens`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ scheduleId }),
    })
    expect([response.status, await response.json()]).toMatchObject([
      403,
      {
        error: {
          code: 'JOIN_CHECK_REQUIRED',
          message: expect.stringContaining('checkAnswer'),
          details: {
            field: 'checkAnswer',
            check: 'proof-of-work',
            challengeEndpoint: `/api/v1/queue/schedules/${scheduleId}/challenge`,
          },
        },
      },
    ])
    expect(saying(await join(scheduleId, headers, 'nonsense'))).toEqual([403, 'JOIN_CHECK_FAILED'])
    expect((await join(scheduleId, headers, await solve(scheduleId, headers))).status).toBe(200)
  })

  test('gives one place for a proof, also to many at once, and tells its holder of the place when it is sent again', async () => {
    const scheduleId = catalog.addSchedule()
    const headers = await bearerOf('again')
    const proof = await solve(scheduleId, headers)
    const answers = await Promise.all(Array.from({ length: 8 }, () => join(scheduleId, headers, proof)))
    const codes = answers.map(({ status, code }) => (status === 200 ? 'placed' : code))
    expect(codes.filter((code) => code === 'placed')).toHaveLength(1)
    expect(codes.filter((code) => code === 'QUEUE_TOKEN_EXISTS')).toHaveLength(7)
    const token = answers.find(({ status }) => status === 200)?.data['token']
    expect((await client.leave(token)).status).toBe(204)
    expect(saying(await join(scheduleId, headers, proof))).toEqual([403, 'JOIN_CHECK_FAILED'])
    expect((await join(scheduleId, headers, await solve(scheduleId, headers))).status).toBe(200)
  })

  test('takes no proof of somebody else or of another line, and asks nothing of an admin', async () => {
    const [scheduleId, other] = [catalog.addSchedule(), catalog.addSchedule()]
    const headers = await bearerOf('thief')
    const stolen = await solve(scheduleId, await bearerOf('victim'))
    expect(saying(await join(scheduleId, headers, stolen))).toEqual([403, 'JOIN_CHECK_FAILED'])
    const own = await solve(scheduleId, headers)
    expect(saying(await join(other, headers, own))).toEqual([403, 'JOIN_CHECK_FAILED'])
    const placed = await join(scheduleId, headers, own)
    await client.leave(placed.data['token'])
    expect(saying(await join(scheduleId, headers, own))).toEqual([403, 'JOIN_CHECK_FAILED'])
    const body = { scheduleId, userId: 'by-phone' }
    expect((await client.call('POST', '/queue/tokens', { user: 'boss', admin: true, body })).status).toBe(200)
    const text = await (await fetch(`http://127.0.0.1:${queue.ports.ops}/metrics`)).text()
    expect(text).toMatch(/queue_join_checks_total\{check="proof-of-work",outcome="NOT_YOURS"[^}]*\} [1-9]/)
    expect(text).toMatch(/queue_join_checks_total\{check="proof-of-work",outcome="SPENT"[^}]*\} [1-9]/)
  })
})

describe('a claim that has one place', () => {
  test('is the place of the account that came first, however many come at once', async () => {
    const scheduleId = catalog.addSchedule()
    const accounts = await Promise.all(
      Array.from({ length: 6 }, async (_, number) => {
        const headers = await bearerOf(`clone-${number}`, PHONES[number % 2])
        return { headers, proof: await solve(scheduleId, headers) }
      }),
    )
    const answers = await Promise.all(accounts.map(({ headers, proof }) => join(scheduleId, headers, proof)))
    const winner = answers.findIndex(({ status }) => status === 200)
    const others = answers.filter((_, index) => index !== winner).map(saying)
    expect(others).toEqual(Array.from({ length: 5 }, () => [409, 'JOIN_CLAIM_TAKEN']))
    // It stays with the account when the place is given up, and is nobody's in another room.
    await client.leave(answers[winner]?.data['token'])
    const loser = accounts[winner === 0 ? 1 : 0]
    const first = accounts[winner]
    if (loser === undefined || first === undefined) throw new Error('nobody got the place')
    const retried = await join(scheduleId, loser.headers, await solve(scheduleId, loser.headers))
    expect(saying(retried)).toEqual([409, 'JOIN_CLAIM_TAKEN'])
    expect((await join(scheduleId, first.headers, await solve(scheduleId, first.headers))).status).toBe(200)
    const next = catalog.addSchedule()
    expect((await join(next, loser.headers, await solve(next, loser.headers))).status).toBe(200)
  })

  test('is used up neither by who finds the room full nor by who sends a proof that is spent', async () => {
    const scheduleId = catalog.addSchedule()
    await setRoomLimits(queue.ctx, scheduleId, { paused: true })
    const fans = await Promise.all(
      Array.from({ length: 6 }, async (_, number) => {
        const headers = await bearerOf(`crowded-${number}`)
        return { headers, proof: await solve(scheduleId, headers) }
      }),
    )
    const answers = await Promise.all(fans.map(({ headers, proof }) => join(scheduleId, headers, proof)))
    const placed = answers.findIndex(({ status }) => status === 200)
    const codes = answers.filter((_, index) => index !== placed).map(({ code }) => code)
    expect(codes).toEqual(Array.from({ length: 5 }, () => 'QUEUE_FULL'))
    const counted = () =>
      queue.ctx.pool.query<{ claims: number; holder: string }>(
        `SELECT count(*)::int AS claims, min(user_id) AS holder FROM claim_holders WHERE schedule_id = $1`,
        [scheduleId],
      )
    expect((await counted()).rows).toEqual([{ claims: 1, holder: `crowded-${placed}` }])
    const first = fans[placed]
    await client.leave(answers[placed]?.data['token'])
    const changed = await bearerOf(`crowded-${placed}`, 'another phone')
    await eventually(async () =>
      expect(saying(await join(scheduleId, changed, first?.proof))).toEqual([403, 'JOIN_CHECK_FAILED']),
    )
    expect((await counted()).rows).toEqual([{ claims: 1, holder: `crowded-${placed}` }])
    // A proof that met a full room is good for the next try.
    const late = fans[placed === 0 ? 1 : 0]
    if (late === undefined) throw new Error('nobody came late')
    await eventually(async () => expect((await join(scheduleId, late.headers, late.proof)).status).toBe(200))
  })

  test('is asked for, and kept as a keyed hash alone', async () => {
    const scheduleId = catalog.addSchedule()
    const headers = { authorization: `Bearer ${await tokenFor('without')}` }
    expect(saying(await join(scheduleId, headers))).toEqual([403, 'JOIN_CLAIM_REQUIRED'])
    const { rows } = await queue.ctx.pool.query<{ row: string }>(
      `SELECT concat_ws(' ', c::text, convert_from(c.claim_hash, 'LATIN1')) AS row FROM claim_holders c`,
    )
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.filter(({ row }) => /1234|phone/.test(row))).toEqual([])
  })

  test('is free again when its account has long gone, as challenges that ended are deleted', async () => {
    const { pool } = queue.ctx
    const old = { scheduleId: catalog.addSchedule(), held: catalog.addSchedule() }
    const headers = await bearerOf('gone', 'old phone')
    for (const scheduleId of [old.scheduleId, old.held]) {
      const { data } = await join(scheduleId, headers, await solve(scheduleId, headers))
      if (scheduleId === old.scheduleId) await client.leave(data['token'])
    }
    await pool.query(
      `UPDATE claim_holders SET joined_at = now() - interval '8 days' WHERE schedule_id = ANY ($1)`,
      [[old.scheduleId, old.held]],
    )
    await pool.query(`UPDATE spent_challenges SET expires_at = now() - interval '1 hour'`)
    await tidyMarks(pool, 7, 1_000)
    const { rows } = await pool.query<{ left: number; challenges: number }>(
      `SELECT schedule_id AS left, (SELECT count(*) FROM spent_challenges) AS challenges
       FROM claim_holders WHERE schedule_id = ANY ($1)`,
      [[old.scheduleId, old.held]],
    )
    expect(rows).toEqual([{ left: old.held, challenges: 0 }])
  })
})
