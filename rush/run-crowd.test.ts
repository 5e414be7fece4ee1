import { expect, test } from '@jest/globals'
import { ApiClient } from './api-client.ts'
import { readArguments } from './arguments.ts'
import { checkHistory } from './check-history.ts'
import { collectFacts } from './collect-facts.ts'
import type { History } from './history.ts'
import { Measurements } from './measurements.ts'
import { Pauses } from './pauses.ts'
import { runCrowd } from './run-crowd.ts'
import { SeatMaps } from './seat-maps.ts'
import { SimulatedSystem } from './simulated-system.ts'
import type { Faults } from './simulated-system.ts'

const signIn = (userId: string) => Promise.resolve(userId)
const argv = [
  '--arrive-seconds',
  '0.2',
  '--think-seconds',
  '0',
  '--patience-seconds',
  '0',
  '--max-seconds',
  '60',
]
const mixed = ['--repeat', '40%', '--cancel', '30%', '--broke', '25%', '--walk-away', '25%']

async function rushAgainst(faults: Faults, args: string[]) {
  const command = readArguments(['--fans', '120', '--seats', '60', ...argv, ...args], {}, 4)
  if (command.kind !== 'run') throw new Error(`wrong arguments: ${JSON.stringify(command)}`)
  const { options } = command
  const sale = { concertId: 1, scheduleId: 1, seats: options.seats, dearest: 70_000 }
  const measurements = new Measurements()
  const history: History = { fans: [], repeats: [] }
  const [shopping, settling] = [new Pauses(), new Pauses()]
  const exchange = new SimulatedSystem(options.seats, faults)
  const api = new ApiClient({ exchange, measurements, shopping, settling, idPrefix: 'rush-t' })
  const rush = { api, options, sale, seatMaps: new SeatMaps(sale), history, measurements, shopping, settling }
  await runCrowd(rush, signIn, 'fan')
  const facts = await collectFacts(api, signIn, history, (ms) => settling.pause(ms))
  const checks = checkHistory(history, facts, undefined)
  return {
    measurements,
    history,
    broken: checks.filter(({ violations }) => violations.length > 0).map(({ name }) => name),
  }
}

test('a crowd that only buys sells the house out, and all holds', async () => {
  const plain = ['--walk-away', '0', '--cancel', '0', '--broke', '0', '--declined', '0', '--leave', '0']
  const { measurements, broken } = await rushAgainst({}, plain)
  expect(measurements.unexpected).toEqual([])
  expect(broken).toEqual([])
  expect(measurements.count).toMatchObject({ arrived: 120, joined: 120, soldSeats: 60 })
  expect(measurements.endings.get('failed')).toBeUndefined()
  expect(measurements.now).toEqual({ waiting: 0, active: 0, held: 0 })
})

test('a mixed crowd ends in every way, and all holds', async () => {
  const { measurements, history, broken } = await rushAgainst({}, mixed)
  expect(measurements.unexpected).toEqual([])
  expect(broken).toEqual([])
  expect([...measurements.endings.keys()]).toEqual(
    expect.arrayContaining(['bought', 'refunded', 'walked away', 'could not pay']),
  )
  expect(history.repeats.length).toBeGreaterThan(5)
  expect([...measurements.endings.values()].reduce((sum, times) => sum + times, 0)).toBe(120)
})

test('a crowd whose charges take longer waits for them, and all holds', async () => {
  const { measurements, history, broken } = await rushAgainst({ chargesLater: true }, mixed)
  expect(measurements.unexpected).toEqual([])
  expect(broken).toEqual([])
  expect(history.fans.some(({ charged }) => charged > 0)).toBe(true)
  expect(measurements.count.soldReservations).toBeGreaterThan(0)
})

test.each<[string, Faults, string, string[]?]>([
  ['sells a seat twice', { oversells: true }, 'no seat is given to two people at once'],
  ['charges a repeated request twice', { chargesTwice: true }, 'the same key gives the same answer'],
  [
    'forgets payments',
    { losesPayments: true },
    'every payment is kept: paid is CONFIRMED, cancelled is REFUNDED',
  ],
  [
    'confirms a reservation whose payment it refused',
    { confirmsRefused: true },
    'every hold is kept: CONFIRMED by one payment, CANCELLED by its owner',
    // Who gets the seats is chance, and one of them has to be somebody who can't pay and gives up.
    ['--broke', '100%'],
  ],
  [
    'keeps refunds',
    { keepsRefunds: true },
    'each wallet holds what was charged, less what was paid, with refunds back in it',
    ['--cancel', '60%'],
  ],
])('a system that %s is found out', async (_what, faults, check, more = []) => {
  const { broken } = await rushAgainst(faults, [...mixed, ...more])
  expect(broken).toContain(check)
})

test('an error of the system is unexpected, and ends that fan alone', async () => {
  const { measurements } = await rushAgainst({ breaksHold: 10 }, mixed)
  expect(measurements.unexpectedCount).toBeGreaterThan(0)
  expect(measurements.unexpected[0]).toMatchObject({ step: 'hold', code: '500 INTERNAL' })
  expect(measurements.count.soldReservations).toBeGreaterThan(0)
})

test('bots that nothing keeps out get places, which the report counts apart from the fans', async () => {
  const { measurements, broken } = await rushAgainst({}, ['--bots', '30%', '--leave', '0'])
  expect(broken).toEqual([])
  expect(measurements.unexpected).toEqual([])
  const bots = [...measurements.bots.values()]
  const tried = bots.reduce((sum, one) => sum + one.tried, 0)
  expect(bots.map(({ tried: times, placed }) => times - placed)).toEqual([0, 0, 0])
  expect(tried).toBeGreaterThan(10)
  expect(measurements.count.arrived).toBe(120 - tried)
  expect(measurements.count.joined).toBe(120 - tried)
})
