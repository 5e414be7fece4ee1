import { LoadProcess } from './load-process.ts'
import { attempt } from './plan.ts'
import type { Plan } from './plan.ts'
import type { Results } from './results.ts'
import { startBareShop } from './purchase/bare-shop.ts'
import { buy } from './purchase/buy.ts'
import { loadPast } from './purchase/load-past.ts'
import { startOurSystem } from './purchase/our-system.ts'
import { OurShop } from './purchase/our-shop.ts'
import { measureSeatRows, seatRowNames } from './purchase/seat-rows.ts'
import { compareSales, growthResults, purchaseResults, purchaseRowNames } from './purchase/purchase-rows.ts'
import type { TemporaryServers } from './temporary-servers.ts'
import { measureWaitingRoom } from './waiting-room-rows.ts'

const WAITING_ROOM_ROWS = [
  'join',
  'place',
  'now-serving',
  'rebuild',
  'million-join',
  'million-place',
  'million-crowd',
] as const
/** Schedules that are on sale at once on the system with a long past. */
const MANY_SCHEDULES = 100

/** Starts the stacks that the wanted rows need, measures one row after the other, and adds each result as soon as it is known. */
export async function measureRows(servers: TemporaryServers, plan: Plan, results: Results): Promise<void> {
  const load = new LoadProcess()
  servers.defer(() => load.stop())
  const wantsPurchases = purchaseRowNames.some((name) => plan.wanted.has(name))
  if (WAITING_ROOM_ROWS.some((name) => plan.wanted.has(name))) {
    await measureWaitingRoom(servers, load, plan, results)
  }
  const wantsSeats = seatRowNames.some((name) => plan.wanted.has(name))
  if (!wantsPurchases && !wantsSeats && !plan.wanted.has('growth')) return
  plan.say('Starting the whole systems')
  const { pace, buyers, profileFolder, say } = plan
  const system = await startOurSystem(servers, 'fresh', profileFolder)
  const sales = pace.rounds + 1
  const bare = wantsPurchases || wantsSeats ? await startBareShop(servers, buyers) : undefined
  if (wantsPurchases && bare !== undefined) {
    await attempt({ servers, plan, results }, 'Purchases', async () => {
      const ours = new OurShop(system, 'buyer', { schedules: 1, sales })
      const done = await compareSales(load, { pace, buyers, counted: system, say }, ours, bare)
      const { comparisons, figures } = purchaseResults(done, plan.wanted, buyers)
      results.comparisons.push(...comparisons)
      results.figures.push(...figures)
    })
  }
  if (bare !== undefined) await measureSeatRows({ servers, load, plan, system, bare, results })
  if (plan.wanted.has('growth')) {
    await attempt({ servers, plan, results }, 'Growth', async () => {
      say('Starting a second system')
      const grown = await startOurSystem(servers, 'grown', profileFolder)
      say(`Giving it a past of ${plan.oldPayments.toLocaleString('en')} payments`)
      await loadPast(grown.adminDatabaseUrl, plan.oldPayments)
      const many = new OurShop(grown, 'late-buyer', { schedules: MANY_SCHEDULES, sales: sales + 1 })
      const one = new OurShop(system, 'late-buyer', { schedules: 1, sales })
      // The first system may have sold before, and V8 has compiled more of it then.
      await buy(load, many, await many.openSale(sales, buyers))
      const done = await compareSales(load, { pace, buyers, counted: undefined, say }, many, one)
      results.comparisons.push(...growthResults(done, plan.oldPayments))
    })
  }
}
