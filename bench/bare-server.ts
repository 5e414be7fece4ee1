/**
 * The server of the bare stack, behind its Nginx. It makes the same hops as the queue service with no logic in them, so it
 * shows what the hops alone cost on this machine. Our stack is compared with it.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { createPool } from '@frontrow/postgres/pool'
import express from 'express'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { BARE_ROOM_KEY, BARE_TABLE } from './bare-names.ts'

const settings = z
  .object({ PORT: z.coerce.number().int(), DATABASE_URL: z.string(), REDIS_URL: z.string() })
  .parse(process.env)

// As in the queue service, joins that come within 3 ms, or while an INSERT is in work, share the next INSERT.
const LINGER_MS = 3
const BATCH_MAX = 500

interface Join {
  userId: string
  hash: Buffer
  done: () => void
  failed: (error: unknown) => void
}

const pool = createPool({
  url: settings.DATABASE_URL,
  applicationName: 'bare',
  max: 12,
  statementTimeoutMs: 5_000,
  onError: (error) => console.error(error),
})
const redis = new Redis(settings.REDIS_URL)
let waiting: Join[] = []
let inserting = false
let places = 0

function insertSoon(join: Join): void {
  waiting.push(join)
  if (inserting) return
  inserting = true
  setTimeout(() => void insertAll(), LINGER_MS)
}

async function insertAll(): Promise<void> {
  while (waiting.length > 0) {
    const batch = waiting.slice(0, BATCH_MAX)
    waiting = waiting.slice(BATCH_MAX)
    try {
      await insert(batch)
      for (const join of batch) join.done()
    } catch (error) {
      for (const join of batch) join.failed(error)
    }
  }
  inserting = false
}

async function insert(batch: readonly Join[]): Promise<void> {
  await pool.query({
    name: 'insert-joins',
    text: `INSERT INTO ${BARE_TABLE} (schedule_id, sequence, user_id, token_hash)
           SELECT 1, place, user_id, token_hash FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS j (place, user_id, token_hash)`,
    values: [
      batch.map(() => (places += 1)),
      batch.map((join) => join.userId),
      batch.map((join) => join.hash),
    ],
  })
}

// Express keeps its default settings. Without its ETag a poll would cost 0.108 ms here rather than 0.127.
const app = express()
app.get('/health/live', (_request, response) => void response.json({ status: 'live' }))
app.get('/api/v1/queue/tokens/me', async (request, response) => {
  const place = await redis.get(request.get('queue-token') ?? '')
  response.json({ success: true, data: place })
})
app.post('/api/v1/queue/tokens', express.json(), async (_request, response) => {
  const token = randomUUID()
  await new Promise<void>((done, failed) =>
    insertSoon({ userId: token, hash: randomBytes(32), done, failed }),
  )
  response.json({ success: true, data: { token, room: await redis.get(BARE_ROOM_KEY) } })
})
app.get('/api/v1/queue/schedules/:scheduleId/now-serving', async (_request, response) => {
  response.json({ success: true, data: await redis.get(BARE_ROOM_KEY) })
})
const server = app.listen(settings.PORT, '127.0.0.1')
server.keepAliveTimeout = 75_000

process.on('SIGTERM', () => {
  server.closeAllConnections()
  redis.disconnect()
  void pool.end().then(() => process.exit())
})
