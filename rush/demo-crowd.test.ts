import { expect, test } from '@jest/globals'
import { ApiClient } from './api-client.ts'
import { readArguments } from './arguments.ts'
import { DemoCrowd } from './demo-crowd.ts'
import { Measurements } from './measurements.ts'
import { Pauses } from './pauses.ts'
import { SeatMaps } from './seat-maps.ts'
import { SimulatedSystem } from './simulated-system.ts'
import type { Faults } from './simulated-system.ts'

const SEATS = 30
const signIn = (userId: string) => Promise.resolve(userId)

/** A demo against the simulated system, where everybody is let in at once, until so many have come. */
function demoUntil(arrivals: number, faults: Faults = {}) {
  const argv = ['--fans', '20', '--seats', String(SEATS), '--think-seconds', '0', '--declined', '0']
  const command = readArguments([...argv, '--broke', '0', '--leave', '0', '--repeat', '0'], {}, 7)
  if (command.kind !== 'run') throw new Error(`wrong arguments: ${JSON.stringify(command)}`)
  const { options } = command
  const measurements = new Measurements()
  const [shopping, settling, end] = [new Pauses(), new Pauses(), new AbortController()]
  end.signal.addEventListener('abort', () => shopping.end())
  const exchange = new SimulatedSystem(SEATS, faults)
  const api = new ApiClient({ exchange, measurements, shopping, settling, idPrefix: 'demo-t' })
  const sale = { concertId: 1, scheduleId: 1, seats: SEATS, dearest: 70_000 }
  const seatMaps = new SeatMaps(sale)
  const history = { fans: [], repeats: [] }
  const rush = { api, options, sale, seatMaps, history, measurements, shopping, settling }
  const comers: string[] = []
  const count = (userId: string) => {
    if (comers.push(userId) >= arrivals) end.abort()
    return signIn(userId)
  }
  const crowd = new DemoCrowd(rush, count, 'demo', end)
  return { measurements, line: crowd.keepLine() }
}

test('a crowd buys some seats and keeps enough of them free, and nobody holds one or waits when it has ended', async () => {
  const { measurements, line } = demoUntil(300)
  await line
  const { count, now } = measurements
  expect(measurements.unexpected).toEqual([])
  expect(count.soldSeats).toBeGreaterThan(0)
  // Those who had looked before the last sale may still buy: four seats each, and a few of twenty pay.
  expect(count.soldSeats).toBeLessThan(SEATS * 0.7)
  expect(now).toEqual({ waiting: 0, active: 0, held: 0 })
})

test('a crowd that is answered wrongly again and again gives up, and says by what', async () => {
  const { line } = demoUntil(100_000, { breaksHold: 1 })
  await expect(line).rejects.toThrow(/too many wrong answers; the first: 500 INTERNAL/)
})
