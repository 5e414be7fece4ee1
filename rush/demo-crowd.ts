import { releaseHold } from './cancel-reservation.ts'
import { chargeUpTo } from './charge.ts'
import type { SignIn } from './access.ts'
import { NoAnswer } from './api-client.ts'
import { drawProfile } from './fan-profile.ts'
import { Fan, VisitEnded } from './fan.ts'
import { newFanRecord } from './history.ts'
import { holdSeats } from './hold-seats.ts'
import { pay } from './pay.ts'
import { PausesEnded } from './pauses.ts'
import { createRandom } from './random.ts'
import type { Rush } from './rush.ts'
import { leaveRoom, waitInLine } from './wait-in-line.ts'

/** The line is filled up this often. */
const FILL_EVERY_MS = 200
/** People who come at one moment at most, so that the line fills in a few seconds and not at once. */
const ARRIVE_MAX = 20
/** Of those who are let in, so many hold seats, and of these, so many pay. The others look, and leave. */
const HOLDS = 0.3
const PAYS = 0.12
/** While fewer of the seats are free nobody holds any, and the demo sells at most this share: whoever opens the page finds seats. */
const KEEP_FREE = 0.5
const SELL_AT_MOST = 0.4
/** A show that was cancelled or closed meanwhile refuses everybody. */
const UNEXPECTED_MAX = 50

/** The system answers otherwise than it may, so that there is nothing to show. */
export class DemoGaveUp extends Error {
  override name = 'DemoGaveUp'
}

/** A crowd that keeps the line in front of one show at the same length: who is let in is followed by who comes. */
export class DemoCrowd {
  readonly #rush: Rush
  readonly #signIn: SignIn
  readonly #runId: string
  readonly #end: AbortController
  readonly #visits = new Set<Promise<void>>()
  #arrived = 0
  #inLine = 0
  /** What went wrong in this program, if anything did. */
  #defect: unknown

  constructor(rush: Rush, signIn: SignIn, runId: string, end: AbortController) {
    this.#rush = rush
    this.#end = end
    this.#signIn = signIn
    this.#runId = runId
  }

  /** People who wait now, or are about to. */
  get inLine(): number {
    return this.#inLine
  }

  /** Keeps the line filled until the end, which it brings about where it fails, then waits until everybody has left. Throws DemoGaveUp. */
  async keepLine(): Promise<void> {
    const { shopping, options, measurements } = this.#rush
    try {
      for (;;) {
        const [first] = measurements.unexpected
        if (first !== undefined && measurements.unexpectedCount >= UNEXPECTED_MAX)
          throw new DemoGaveUp(`too many wrong answers; the first: ${first.code} ${first.problem}`)
        const missing = Math.min(ARRIVE_MAX, options.fans - this.#inLine)
        for (let arriving = 0; arriving < missing; arriving += 1) this.#arrive()
        await shopping.pause(FILL_EVERY_MS)
      }
    } catch (error) {
      if (!(error instanceof PausesEnded)) throw error
    } finally {
      this.#end.abort()
      await Promise.all(this.#visits)
    }
    if (this.#defect !== undefined) throw this.#defect
  }

  #arrive(): void {
    this.#arrived += 1
    this.#inLine += 1
    const visit: Promise<void> = this.#visit(this.#arrived)
      .catch((error: unknown) => {
        this.#defect ??= error
        this.#end.abort()
      })
      .finally(() => this.#visits.delete(visit))
    this.#visits.add(visit)
  }

  async #visit(number: number): Promise<void> {
    const { options, measurements } = this.#rush
    const random = createRandom(options.seed, number)
    const record = newFanRecord(`${this.#runId}-${number}`)
    const profile = drawProfile(random, options.shares)
    const bearer = await this.#signIn(record.userId)
    const fan = new Fan(this.#rush, { bearer, profile, random, record })
    measurements.count.arrived += 1
    try {
      await this.#wait(fan)
      await this.#look(fan)
    } catch (error) {
      if (!isEndOfVisit(error)) throw error
    } finally {
      fan.moveTo('outside')
      await this.#leave(fan)
    }
  }

  async #wait(fan: Fan): Promise<void> {
    try {
      await waitInLine(this.#rush, fan)
    } finally {
      this.#inLine -= 1
    }
  }

  async #look(fan: Fan): Promise<void> {
    const { sale, seatMaps, measurements } = this.#rush
    await fan.think()
    const { map } = await seatMaps.read(fan, undefined)
    if (!fan.random.chance(HOLDS) || map.available.length < sale.seats * KEEP_FREE) return
    const hold = await holdSeats(this.#rush, fan)
    let isPaid = false
    try {
      await fan.think()
      if (!fan.random.chance(PAYS) || map.sold >= sale.seats * SELL_AT_MOST) return
      if (fan.profile.payBy === 'BALANCE') await chargeUpTo(this.#rush, fan, hold.amount)
      isPaid = (await pay(this.#rush, fan, hold, fan.profile.payBy)) !== undefined
    } finally {
      if (!isPaid) await releaseHold(this.#rush, fan, hold)
    }
    measurements.count.soldSeats += hold.seatIds.length
    measurements.now.held -= hold.seatIds.length
    // The payment has ended the place.
    fan.queueToken = undefined
  }

  /** Nobody is left behind in the line: those who come after the demo would wait for people who are not there. */
  async #leave(fan: Fan): Promise<void> {
    if (fan.queueToken === undefined) return
    try {
      await leaveRoom(fan)
    } catch (error) {
      if (!isEndOfVisit(error)) throw error
    }
  }
}

function isEndOfVisit(error: unknown): boolean {
  return error instanceof VisitEnded || error instanceof NoAnswer || error instanceof PausesEnded
}
