import { setTimeout as delay } from 'node:timers/promises'
import { compareStacks } from '../compare-stacks.ts'
import type { Side } from '../compare-stacks.ts'
import { LIMITS } from '../limits.ts'
import type { LoadProcess } from '../load-process.ts'
import { costOf } from '../measure.ts'
import type { Round } from '../measure.ts'
import { attempt } from '../plan.ts'
import type { Plan } from '../plan.ts'
import type { Results } from '../results.ts'
import type { TemporaryServers } from '../temporary-servers.ts'
import { MAP_SEATS, STATES_SEATS } from './bare-seats.ts'
import { OurShop } from './our-shop.ts'
import type { OurSystem } from './our-system.ts'
import type { Sale, Shop, Visit } from './shop.ts'
import { holdRequest, joinAll, measureStep } from './steps.ts'

/** Rows about seats and jobs, by their names on the command line. */
export const seatRowNames = ['map', 'map-states', 'map-304', 'best', 'jobs'] as const

type SeatRowName = (typeof seatRowNames)[number]
type MapRowName = 'map' | 'map-states' | 'map-304'

const WORK: Record<SeatRowName, string> = {
  map: `seat map, ${MAP_SEATS.toLocaleString('en')} seats`,
  'map-states': `seat states, ${STATES_SEATS.toLocaleString('en')} seats`,
  'map-304': `seat map, unchanged (304)`,
  best: 'hold, best available',
  jobs: 'hold as a job',
}

const READERS = 64
const JOBS_POLL_MS = 50
const JOBS_MS_MAX = 120_000

/** Both stacks, and what a run is to be. */
interface SeatBench {
  servers: TemporaryServers
  load: LoadProcess
  plan: Plan
  system: OurSystem
  bare: Shop
  results: Results
}

/** Measures the wanted rows one after the other, and adds each result as soon as it is known. */
export async function measureSeatRows(bench: SeatBench): Promise<void> {
  const { plan } = bench
  for (const row of seatRowNames.filter((name) => plan.wanted.has(name))) {
    await attempt(bench, WORK[row], () =>
      row === 'best' || row === 'jobs' ? compareHolds(bench, row) : compareMaps(bench, row),
    )
  }
}

/** Readers with places of their own read the same map again and again; nothing changes meanwhile. */
async function compareMaps({ load, plan, system, bare, results }: SeatBench, row: MapRowName): Promise<void> {
  const seats = row === 'map-states' ? STATES_SEATS : MAP_SEATS
  // A sale has two seats for each of its buyers.
  const ours = new OurShop(system, `reader-${row}`, { schedules: 1, sales: 1 })
  const { buyers } = await ours.openSale(0, seats / 2)
  const tokens = await joinAll(load, ours, buyers.slice(0, READERS))
  const side = async (shop: Shop): Promise<Side> => {
    const path = `${shop.mapPath(buyers[0]?.scheduleId ?? 0)}${row === 'map-states' ? '/states' : ''}`
    const tag = row === 'map-304' ? await readTag(shop, path, tokens[0] ?? '') : undefined
    const requests = tokens.map((token) => readRequest(path, token, tag))
    const job = {
      connections: READERS,
      requests,
      repeat: true,
      expectedStatus: tag === undefined ? 200 : 304,
    }
    return { stack: shop.stack, load: async () => job }
  }
  const costs = await compareStacks(load, plan.pace, await side(ours), await side(bare))
  const limit = row === 'map-304' ? LIMITS.map304 : undefined
  results.comparisons.push({
    work: WORK[row],
    ours: costs.ours,
    against: 'bare stack',
    other: costs.other,
    limit,
  })
  if (row !== 'map') return
  results.figures.push({
    name: 'CPU of a map of 1,000 seats',
    value: costs.ours.cpuMsPerRequest,
    unit: ' ms',
    digits: 3,
    limit: LIMITS.mapMs,
  })
}

function readRequest(path: string, queueToken: string, tag: string | undefined): string {
  const lines = ['Host: localhost', `Queue-Token: ${queueToken}`, 'Accept-Encoding: gzip, deflate, br']
  if (tag !== undefined) lines.push(`If-None-Match: ${tag}`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

async function readTag(shop: Shop, path: string, queueToken: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${shop.stack.port}${path}`, {
    headers: { 'Queue-Token': queueToken },
  })
  await answer.arrayBuffer()
  const tag = answer.headers.get('etag')
  if (!answer.ok || tag === null) throw new Error(`GET ${path}: ${answer.status} without an ETag`)
  return tag
}

/**
 * All buyers of a sale hold one or two seats. Ours finds the seats itself, or holds them as jobs; the bare stack is told which seats,
 * since finding them is logic.
 */
async function compareHolds(bench: SeatBench, row: 'best' | 'jobs'): Promise<void> {
  const { load, plan, system, bare, results } = bench
  const { rounds } = plan.pace
  const ours = new OurShop(system, row, { schedules: 1, sales: rounds + 1 })
  const measured = { ours: new Array<Round>(), other: new Array<Round>() }
  // The bare stack has sold the seats of other rounds before; these are of no sale.
  const otherRounds = (row === 'best' ? 1 : 2) * 1_000
  for (let round = 0; round <= rounds; round += 1) {
    for (const shop of round % 2 === 0 ? [ours, bare] : [bare, ours]) {
      const sale = await shop.openSale(shop === ours ? round : otherRounds + round, plan.buyers)
      const result = await holdAll(load, shop, sale, row, shop === ours)
      if (round > 0) measured[shop === ours ? 'ours' : 'other'].push(result)
    }
  }
  const comparison = { ours: costOf(measured.ours), other: costOf(measured.other) }
  const limit = row === 'best' ? LIMITS.hold : undefined
  results.comparisons.push({ work: WORK[row], against: 'bare stack', ...comparison, limit })
}

async function holdAll(
  load: LoadProcess,
  shop: Shop,
  { buyers }: Sale,
  row: 'best' | 'jobs',
  finds: boolean,
): Promise<Round> {
  const tokens = await joinAll(load, shop, buyers)
  const wishOf = ({ seatIds }: Visit) =>
    row === 'best' && finds ? { quantity: seatIds.length } : { seatIds }
  const headers = row === 'jobs' ? { Prefer: 'respond-async' } : {}
  const requests = buyers.map((one, index) =>
    holdRequest('reservations', one, tokens[index], wishOf(one), headers),
  )
  const { round } = await measureStep(
    load,
    shop,
    requests,
    row === 'jobs' ? 202 : 201,
    row === 'jobs' ? () => jobsEnd(shop) : undefined,
  )
  return round
}

async function jobsEnd(shop: Shop): Promise<void> {
  const giveUpAt = performance.now() + JOBS_MS_MAX
  while ((await shop.countOpenJobs()) > 0) {
    if (performance.now() > giveUpAt) throw new Error('the jobs did not end in time')
    await delay(JOBS_POLL_MS)
  }
}
