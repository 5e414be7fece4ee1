import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { pino } from 'pino'
import { SettledPayments } from './settled-payments.ts'
import type { Payment } from './sql/payments.ts'

const payment: Payment = {
  paymentId: 'p-1',
  reservationId: 'r-1',
  userId: '101',
  scheduleId: 42,
  amount: 1_000,
  paymentMethod: 'BALANCE',
  status: 'APPROVED',
  reason: null,
  createdAt: new Date(0),
  paidAt: new Date(50),
  endedAt: null,
}

/** Payments that the database has as settled, and what it was asked for. */
function waiters(settledInDatabase: readonly Payment[] = []) {
  const asked: (readonly string[])[] = []
  const noted: string[] = []
  const found: string[] = []
  const database = {
    rows: settledInDatabase,
    find: (paymentIds: readonly string[]): Promise<Payment[]> =>
      Promise.resolve(database.rows.filter(({ paymentId }) => paymentIds.includes(paymentId))),
  }
  const settled = new SettledPayments({
    logger: pino({ level: 'silent' }),
    find: (paymentIds) => {
      asked.push(paymentIds)
      return database.find(paymentIds)
    },
    onSettled: ({ paymentId }) => noted.push(paymentId),
    onFound: ({ paymentId }) => found.push(paymentId),
  })
  return { settled, asked, noted, found, database }
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['performance'] })
})

afterEach(() => {
  jest.useRealTimers()
})

describe('who waits for a payment', () => {
  test('is told by the process at once, and the database is not asked', async () => {
    const { settled, asked, noted } = waiters()
    const waits = [settled.wait('p-1', 5_000), settled.wait('p-1', 5_000), settled.wait('p-2', 5_000)]
    settled.settled(payment)
    expect(await Promise.all(waits.slice(0, 2))).toEqual([payment, payment])
    settled.forget('p-2')
    expect(await waits[2]).toBeUndefined()
    await jest.advanceTimersByTimeAsync(10_000)
    expect(asked).toEqual([])
    expect(noted).toEqual(['p-1'])
    expect(jest.getTimerCount()).toBe(0)
  })

  test('looks when the wait ends, and hears what another instance settled', async () => {
    const { settled, asked } = waiters([payment])
    const waits = [settled.wait('p-1', 500), settled.wait('p-2', 500)]
    await jest.advanceTimersByTimeAsync(510)
    expect(await Promise.all(waits)).toEqual([payment, undefined])
    expect(asked).toEqual([['p-1', 'p-2']])
  })

  test('and what another instance settled is told once, however many wait for it', async () => {
    const { settled, noted, found } = waiters([payment])
    const waits = [settled.wait('p-1', 500), settled.wait('p-1', 500)]
    await jest.advanceTimersByTimeAsync(510)
    expect(await Promise.all(waits)).toEqual([payment, payment])
    expect(found).toEqual(['p-1'])
    expect(noted).toEqual([])
  })

  test('is told by the process, and a look that comes later tells nothing more', async () => {
    const { settled, noted, found } = waiters([payment])
    const wait = settled.wait('p-1', 500)
    const looked = settled.look('p-1')
    settled.settled(payment)
    await jest.advanceTimersByTimeAsync(0)
    await looked
    expect(await wait).toEqual(payment)
    expect([noted, found]).toEqual([['p-1'], []])
  })

  test('of a payment that may have settled before, hears of it when it looks', async () => {
    const { settled } = waiters([payment])
    const wait = settled.wait('p-1', 5_000)
    const looked = settled.look('p-1')
    await jest.advanceTimersByTimeAsync(0)
    await looked
    expect(await wait).toEqual(payment)
    expect(jest.getTimerCount()).toBe(1)
  })

  test('waits no longer than a second more while the database does not answer', async () => {
    const { settled, database } = waiters()
    database.find = () => new Promise(() => undefined)
    const wait = settled.wait('p-1', 500)
    await jest.advanceTimersByTimeAsync(1_500)
    expect(await wait).toBeUndefined()
  })

  test('goes on waiting when a look fails, and hears of the end', async () => {
    const { settled, database } = waiters()
    database.find = () => Promise.reject(new Error('away'))
    const wait = settled.wait('p-1', 5_000)
    const looked = settled.look('p-1')
    await jest.advanceTimersByTimeAsync(0)
    await looked
    settled.settled(payment)
    expect(await wait).toEqual(payment)
  })
})

test('those who have waited for a second share one look every 1.25 s; those who came later are left out', async () => {
  jest.useFakeTimers()
  const { settled, asked, database } = waiters()
  const early = Array.from({ length: 50 }, (_, index) => settled.wait(`early-${index}`, 5_000))
  await jest.advanceTimersByTimeAsync(500)
  const late = settled.wait('late', 5_000)
  await jest.advanceTimersByTimeAsync(800)
  expect(asked.map((ids) => ids.length)).toEqual([50])
  database.rows = [{ ...payment, paymentId: 'early-7' }, payment]
  await jest.advanceTimersByTimeAsync(1_250)
  expect(asked.map((ids) => ids.length)).toEqual([50, 51])
  expect(await early[7]).toMatchObject({ paymentId: 'early-7' })
  await jest.advanceTimersByTimeAsync(1_250)
  expect(asked.map((ids) => ids.length)).toEqual([50, 51, 50])
  await jest.advanceTimersByTimeAsync(10_000)
  expect(await late).toBeUndefined()
  expect(jest.getTimerCount()).toBe(0)
})

test('while a look at all of them hangs, no other one is begun; afterwards they are looked at again', async () => {
  jest.useFakeTimers()
  const { settled, asked, database } = waiters()
  let answer: (payments: Payment[]) => void = () => undefined
  database.find = () => new Promise((resolve) => (answer = resolve))
  const waits = ['p-1', 'p-2'].map((paymentId) => settled.wait(paymentId, 20_000))
  await jest.advanceTimersByTimeAsync(10_000)
  answer([])
  await jest.advanceTimersByTimeAsync(1_260)
  answer([payment])
  await jest.advanceTimersByTimeAsync(0)
  expect(asked).toEqual([
    ['p-1', 'p-2'],
    ['p-1', 'p-2'],
  ])
  expect(await waits[0]).toEqual(payment)
  settled.forget('p-2')
  await jest.advanceTimersByTimeAsync(1_250)
  expect(jest.getTimerCount()).toBe(0)
})
