import type { SignIn } from './access.ts'
import { drawProfile } from './fan-profile.ts'
import { Fan } from './fan.ts'
import type { Rush } from './rush.ts'
import { newFanRecord } from './history.ts'
import { Bots } from './bot.ts'
import { visitOnSale } from './visit-on-sale.ts'
import { PausesEnded } from './pauses.ts'
import { createRandom, drawArrivals } from './random.ts'

/** The random streams of bots; those of fans are below. */
const BOT_STREAMS = 2_000_000

/**
 * Starts the visits of all fans at their times, whether the system keeps up or not, and waits until each has ended. After
 * maxSeconds `shopping` ends: fans who still look for seats give up, fans who are paying finish.
 */
export async function runCrowd(rush: Rush, signIn: SignIn, runId: string): Promise<void> {
  const { options } = rush
  const arrivals = drawArrivals(createRandom(options.seed, 0), options.fans, options.arriveSeconds * 1_000)
  const bots = new Bots(rush, signIn, runId)
  rush.measurements.bots = bots.counts
  const closing = setTimeout(() => rush.shopping.end(), options.maxSeconds * 1_000)
  const began = performance.now()
  const visits: Promise<void>[] = []
  try {
    for (const [index, arrival] of arrivals.entries()) {
      if (rush.shopping.ended) break
      const early = arrival - (performance.now() - began)
      // Timers are a few ms coarse, so fans who arrive within 10 ms arrive together.
      if (early > 10) await rush.shopping.pause(early)
      // Drawn apart, so that who is a fan is the same fan with bots as without.
      if (createRandom(options.seed, BOT_STREAMS + index).chance(options.shares.bots)) {
        visits.push(bots.visit(index + 1))
      } else {
        visits.push(visitOnSale(rush, await newFan(rush, signIn, `${runId}-${index + 1}`, index + 1)))
      }
    }
  } catch (error) {
    if (!(error instanceof PausesEnded)) throw error
  } finally {
    await Promise.all(visits).finally(() => clearTimeout(closing))
  }
}

async function newFan(rush: Rush, signIn: SignIn, userId: string, stream: number): Promise<Fan> {
  const random = createRandom(rush.options.seed, stream)
  const profile = drawProfile(random, rush.options.shares)
  const record = newFanRecord(userId)
  rush.history.fans.push(record)
  return new Fan(rush, { bearer: await signIn(userId), profile, random, record })
}
