import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import { checkMoney } from '../../ledger/check-money.ts'
import type { Databases } from '../../ledger/databases.ts'
import { ask, auditHolds, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { OnSaleNetwork } from './on-sale-network.ts'

const LINES_MAX = 3

interface Sale {
  paymentId: string
  reservationId: string
}

let network: OnSaleNetwork
let owner: Client
let databases: Databases
let cancelled: Sale
let approved: Sale

beforeAll(async () => {
  network = await startOnSaleNetwork()
  const { environment } = network
  databases = {
    wallet: environment.databaseUrl('wallet'),
    reservation: environment.databaseUrl('reservation'),
    payment: environment.databaseUrl('payment'),
  }
  owner = createClient(environment.adminDatabaseUrl, 'ledger-check-test')
  await owner.connect()
  await sell()
  await auditHolds(network)
  // From here on by hand, past triggers and foreign keys.
  await owner.query("SET session_replication_role = 'replica'; SET search_path = wallet")
})

afterAll(async () => {
  await owner?.end()
  await network?.stop()
})

async function buy(scheduleId: number, as: string, seatId: number, paymentMethod: 'BALANCE' | 'CARD') {
  const queueToken = await enter(network, as, scheduleId, 100_000)
  const held = await ask(network, 'POST', '/api/v1/reservations', {
    as,
    queueToken,
    body: { scheduleId, seatIds: [seatId] },
  })
  const { reservationId } = held.data
  const card = paymentMethod === 'CARD' ? { card: { token: 'tok_approved' } } : {}
  const paid = await ask(network, 'POST', '/api/v1/payments', {
    as,
    key: randomUUID(),
    body: { reservationId, paymentMethod, ...card },
  })
  expect(paid.status).toBe(201)
  return { reservationId, paymentId: paid.data.paymentId }
}

/** A sale from a wallet that stays, one that is cancelled, one by card, and a correction. */
async function sell(): Promise<void> {
  const { scheduleId } = await openOnSale(network, 20)
  approved = await buy(scheduleId, 'ann', 1, 'BALANCE')
  cancelled = await buy(scheduleId, 'bob', 2, 'BALANCE')
  await buy(scheduleId, 'cat', 3, 'CARD')
  await network.call('POST', '/api/v1/admin/wallets/bob/adjustments', {
    as: 'admin',
    admin: true,
    key: randomUUID(),
    body: { amount: -700, reason: 'given twice' },
  })
  const ended = await network.call('POST', `/api/v1/reservations/${cancelled.reservationId}/cancel`, {
    as: 'bob',
  })
  expect(ended.status).toBe(200)
}

async function broken(): Promise<Record<string, string[]>> {
  const { findings } = await checkMoney(databases, LINES_MAX)
  return Object.fromEntries(findings.filter((one) => one.broken > 0).map(({ rule, lines }) => [rule, lines]))
}

/** The command as people run it. */
function command(
  env: Record<string, string>,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const main = join(import.meta.dirname, '..', '..', 'ledger', 'main.ts')
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

const settings = (): Record<string, string> => ({
  WALLET_DATABASE_URL: databases.wallet,
  RESERVATION_DATABASE_URL: databases.reservation,
  PAYMENT_DATABASE_URL: databases.payment,
})

test('after sales, a refund, a card and a correction everything holds, and the command ends with 0', async () => {
  expect(await broken()).toEqual({})
  const { code, out } = await command(settings())
  expect(out).toMatch(
    /^3 wallets, 14 ledger entries, 3 payments; [^]*\n {2}holds {5}all entries sum to zero\n/,
  )
  expect(out).toMatch(/\nthe ledger holds\n$/)
  expect(code).toBe(0)
})

/** Each is put in by hand and taken back: what breaks, and the first line about it. */
const faults: [
  what: string,
  put: () => string,
  takeBack: () => string,
  found: () => Record<string, unknown>,
][] = [
  [
    'one side of an entry alone',
    () => `INSERT INTO ledger_entries (transaction_id, account, kind, amount)
           VALUES ('00000000-0000-7000-8000-000000000001', 'funding', 'CHARGE', -77)`,
    () => `DELETE FROM ledger_entries WHERE amount = -77`,
    () => ({
      'all entries sum to zero': ['all ledger entries together sum to -77, not to 0'],
      'the entries of each transaction sum to zero': [
        'the entries of transaction 00000000-0000-7000-8000-000000000001 sum to -77',
      ],
      'each transaction has two sides of one kind, a wallet and the house': [
        'transaction 00000000-0000-7000-8000-000000000001 has 0 entries of wallets and 1 of the house, of the kinds CHARGE',
      ],
    }),
  ],
  [
    'a balance that its entries do not make',
    () => `UPDATE wallets SET balance = balance + 1, total_charged = total_charged + 1 WHERE user_id = 'cat'`,
    () => `UPDATE wallets SET balance = balance - 1, total_charged = total_charged - 1 WHERE user_id = 'cat'`,
    () => ({
      'every balance is the sum of its entries and not negative': [
        'user cat has a balance of 100001, the entries sum to 100000',
      ],
      'the totals of each wallet are the sums of its entries by kind': [
        'user cat has totals of 100001 charged, 0 used and 0 adjusted, the entries say 100000, 0 and 0',
      ],
    }),
  ],
  [
    'totals that make the balance and are wrong',
    () =>
      `UPDATE wallets SET total_charged = total_charged + 5, total_used = total_used + 5 WHERE user_id = 'bob'`,
    () =>
      `UPDATE wallets SET total_charged = total_charged - 5, total_used = total_used - 5 WHERE user_id = 'bob'`,
    () => ({
      'the totals of each wallet are the sums of its entries by kind': [
        'user bob has totals of 100005 charged, 5 used and -700 adjusted, the entries say 100000, 0 and -700',
      ],
    }),
  ],
  [
    'a version that skipped a movement',
    () => `UPDATE wallets SET version = version + 1 WHERE user_id = 'ann'`,
    () => `UPDATE wallets SET version = version - 1 WHERE user_id = 'ann'`,
    () => ({
      'the version of each wallet is the number of its movements': [
        'user ann has version 3 after 2 movements',
      ],
    }),
  ],
  [
    'a balance in the history that does not follow',
    () =>
      `UPDATE ledger_entries SET balance_after = balance_after + 9 WHERE user_id = 'ann' AND kind = 'CHARGE'`,
    () =>
      `UPDATE ledger_entries SET balance_after = balance_after - 9 WHERE user_id = 'ann' AND kind = 'CHARGE'`,
    () => ({
      'the balance after each entry follows from the one before it': [
        expect.stringMatching(
          /^entry \d+ of user ann leaves 100009, but 0 before it and 100000 by it make 100000$/,
        ),
        expect.stringMatching(
          /^entry \d+ of user ann leaves 50000, but 100009 before it and -50000 by it make 50009$/,
        ),
      ],
    }),
  ],
  [
    'a payment that gave back more than its record says',
    () => `UPDATE payment_movements SET status = 'DEBITED' WHERE payment_id = '${cancelled.paymentId}'`,
    () => `UPDATE payment_movements SET status = 'REFUNDED' WHERE payment_id = '${cancelled.paymentId}'`,
    () => ({
      'every payment took and gave back what its record says': [
        `payment ${cancelled.paymentId} is DEBITED with 50000, the entries say 50000 taken and 50000 given back`,
      ],
    }),
  ],
  [
    'a charge of more than its movement',
    () => `UPDATE charges SET amount = amount + 1 WHERE user_id = 'ann'`,
    () => `UPDATE charges SET amount = amount - 1 WHERE user_id = 'ann'`,
    () => ({
      'every CHARGED charge has its movement, and no other charge has one': [
        expect.stringMatching(
          /^charge .* of ann is CHARGED with 100001, its movement is of ann with 100000$/,
        ),
      ],
      'every CHARGED charge was captured once; a capture whose charge FAILED has been given back, once': [
        expect.stringMatching(/^charge .* is CHARGED with 100001, and put 100000 into the wallet$/),
      ],
    }),
  ],
  [
    'a correction without a reason',
    () => `UPDATE adjustments SET user_id = 'ann' WHERE user_id = 'bob'`,
    () => `UPDATE adjustments SET user_id = 'bob' WHERE user_id = 'ann'`,
    () => ({
      'every adjustment has its reason, and every reason its adjustment': [
        expect.stringMatching(/^adjustment .* of bob is of -700, its reason of ann with -700$/),
      ],
    }),
  ],
  [
    'a paid reservation that lost its seat',
    () =>
      `UPDATE reservation.reservations SET status = 'EXPIRED' WHERE reservation_id = '${approved.reservationId}'`,
    () =>
      `UPDATE reservation.reservations SET status = 'CONFIRMED' WHERE reservation_id = '${approved.reservationId}'`,
    () => ({
      'a CONFIRMED reservation has exactly one APPROVED payment of its amount, taken exactly once': [
        `payment ${approved.paymentId}: it is APPROVED, but its reservation is EXPIRED`,
      ],
    }),
  ],
  [
    'a refund that the payment service believes in and no wallet has',
    () => `UPDATE payment.payments SET status = 'REFUNDED' WHERE payment_id = '${approved.paymentId}';
           UPDATE payment.purchase_sagas SET state = 'REFUNDED' WHERE payment_id = '${approved.paymentId}';
           UPDATE reservation.reservations SET status = 'EXPIRED' WHERE reservation_id = '${approved.reservationId}'`,
    () => `UPDATE payment.payments SET status = 'APPROVED' WHERE payment_id = '${approved.paymentId}';
           UPDATE payment.purchase_sagas SET state = 'APPROVED' WHERE payment_id = '${approved.paymentId}';
           UPDATE reservation.reservations SET status = 'CONFIRMED' WHERE reservation_id = '${approved.reservationId}'`,
    () => ({
      'money taken for a payment that is not APPROVED has been given back, once': [
        `payment ${approved.paymentId}: it is REFUNDED; 50000 was taken and 0 given back`,
        `payment ${approved.paymentId}: it is REFUNDED, but 0 of 50000 was given back`,
      ],
    }),
  ],
]

test.each(faults)('%s is named, and nothing else', async (_what, put, takeBack, found) => {
  await owner.query(put())
  try {
    expect(await broken()).toEqual(found())
  } finally {
    await owner.query(takeBack())
  }
  expect(await broken()).toEqual({})
})

test('the command shows the first rows that break a rule and how many more there are, and ends with 1', async () => {
  await owner.query('UPDATE wallets SET version = version + 1')
  const { code, out } = await command(settings(), '--lines', '1')
  await owner.query('UPDATE wallets SET version = version - 1')
  expect(out).toContain(`
  BROKEN    the version of each wallet is the number of its movements: 3
              user ann has version 3 after 2 movements
              and 2 more
`)
  expect(out).toMatch(/\nthe ledger DOES NOT HOLD\n$/)
  expect(code).toBe(1)
})

test('what can not be checked ends with 2 and one line that says why', async () => {
  const { WALLET_DATABASE_URL: _wallet, ...others } = settings()
  const away = databases.wallet.replace(/:\d+\//, ':1/')
  const cases: [Record<string, string>, string[], string][] = [
    [others, [], 'ledger:check: WALLET_DATABASE_URL must be set too\n'],
    [
      { ...settings(), WALLET_DATABASE_URL: 'mysql://x' },
      [],
      'WALLET_DATABASE_URL must be postgres://role:password@host:port/database',
    ],
    [{ ...settings(), WALLET_DATABASE_URL: away }, [], "the database of wallet can't be read: "],
    [{ DATA_DIR: '/nowhere' }, [], 'nothing of npm start in /nowhere: '],
    [settings(), ['--lines', 'all'], "--lines must be a whole number from 1 to 9,999, not 'all'"],
  ]
  for (const [env, args, complaint] of cases) {
    const { code, out, err } = await command(env, ...args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(complaint)
    expect(err.trim().split('\n')).toHaveLength(1)
  }
})
