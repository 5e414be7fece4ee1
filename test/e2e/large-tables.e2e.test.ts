import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { loadPast } from '../../bench/purchase/load-past.ts'
import { serviceNames } from '../../scripts/services.ts'
import { ask, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { OnSaleNetwork } from './on-sale-network.ts'

const OLD_PAYMENTS = 100_000
const BUYERS = 12
/** A table with fewer rows is not large: PostgreSQL reads it faster without an index. */
const LARGE_ROWS = 5_000
// Services tidy their tables when they start, and may read one or two from end to end for that.
const READS_MAX = 2

let network: OnSaleNetwork
let client: Client

beforeAll(async () => {
  network = await startOnSaleNetwork()
  client = createClient(network.environment.adminDatabaseUrl, 'test')
  await client.connect()
})

afterAll(async () => {
  await client?.end()
  await network?.stop()
})

async function buy(scheduleId: number, seatId: number): Promise<void> {
  const userId = `buyer-${seatId}`
  const queueToken = await enter(network, userId, scheduleId, 100_000)
  const place = await network.call('GET', '/api/v1/queue/tokens/me', { queueToken })
  expect(place.data).toMatchObject({ status: 'ACTIVE' })
  const hold = (wanted: number) =>
    ask(network, 'POST', '/api/v1/reservations', {
      as: userId,
      queueToken,
      key: randomUUID(),
      body: { scheduleId, seatIds: [wanted] },
    })
  const held = await hold(seatId)
  expect(held.status).toBe(201)
  expect((await hold(seatId)).error?.code).toBe('SEAT_TAKEN')
  const paid = await ask(network, 'POST', '/api/v1/payments', {
    as: userId,
    key: randomUUID(),
    queueToken,
    body: { reservationId: held.data.reservationId, paymentMethod: 'BALANCE' },
  })
  expect(paid.data).toMatchObject({ status: 'APPROVED' })
}

/** Kills the services. Their connections end with them, and a connection that ends reports all that it did. */
async function endServices(): Promise<void> {
  await Promise.all(serviceNames.map((name) => network.kill(name)))
  await eventually(async () => {
    const { rows } = await client.query(
      'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = ANY ($1)',
      [serviceNames],
    )
    expect(rows).toEqual([])
  })
}

test('no statement of a purchase reads a large table from end to end', async () => {
  await loadPast(network.environment.adminDatabaseUrl, OLD_PAYMENTS)
  // The plan that a statement gets in the long run, whatever its values are. It holds for connections that begin now.
  await client.query(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET plan_cache_mode = force_generic_plan',
                                                 current_database()); END $$`)
  await endServices()
  await client.query('SELECT pg_stat_reset()')
  for (const name of serviceNames) await network.restart(name)
  const { scheduleId } = await openOnSale(network, BUYERS)
  for (let seatId = 1; seatId <= BUYERS; seatId += 1) await buy(scheduleId, seatId)
  await endServices()

  const { rows } = await client.query<{ table: string; reads: number; found: number; inserted: number }>(
    `SELECT format('%s.%s', schemaname, stat.relname) AS table, seq_tup_read / reltuples AS reads, idx_scan AS found,
            n_tup_ins AS inserted
     FROM pg_stat_user_tables AS stat JOIN pg_class ON pg_class.oid = stat.relid WHERE reltuples >= $1`,
    [LARGE_ROWS],
  )
  // What is not counted proves nothing.
  const written = rows.filter(({ inserted }) => inserted >= BUYERS).map(({ table }) => table)
  expect(written).toEqual(
    expect.arrayContaining(['payment.payments', 'reservation.reservations', 'wallet.ledger_entries']),
  )
  expect(rows.filter(({ reads }) => reads > READS_MAX)).toEqual([])
}, 300_000)
