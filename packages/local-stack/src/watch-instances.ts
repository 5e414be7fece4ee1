import { setTimeout as delay } from 'node:timers/promises'
import { answersHttp } from './http-status.ts'
import { SayOnce } from './say-once.ts'

/** Who is watched, and who is told. */
export interface InstanceWatch {
  /** `host:port` of each instance, by the group that it stands in for others of. */
  groups: readonly (readonly string[])[]
  /** Gets the addresses that are out now, after each change. */
  onChange: (out: ReadonlySet<string>) => void
  /** Ends the watch. */
  signal: AbortSignal
  pace?: WatchPace
}

/** How fast the watch is. */
export interface WatchPace {
  lookEveryMs: number
  /** A change makes Nginx start new workers. The old ones stay until their last request has ended, so changes are not made more often. */
  changeEveryMs: number
  /** One that is out again so soon after it came back has to answer `provenAfterAnswers` looks, while others of its group are in. */
  steadyMs: number
  provenAfterAnswers: number
}

const PACE: WatchPace = {
  lookEveryMs: 1_000,
  changeEveryMs: 5_000,
  steadyMs: 60_000,
  provenAfterAnswers: 30,
}

/** A process that answers nothing for so long is frozen, or so far behind that nobody should be sent to it. */
const ANSWER_WITHIN_MS = 2_000
const FAILURES_MAX = 3

/**
 * Asks each instance every second whether it answers, whatever the answer is. One that fails three times in a row is out: after 3 s
 * where it refuses connections, after 6 s where it is frozen. One answer brings it back, unless it comes and goes. An instance that says
 * that it is not ready stays in, since the others most likely miss the same server, and its refusals say more than the gateway's. The only
 * one of its group is not asked: a late answer of it is better than none, and a refused connection is told at once anyway.
 */
export async function watchInstances({
  groups,
  onChange,
  signal,
  pace = PACE,
}: InstanceWatch): Promise<void> {
  const out = new Set<string>()
  const changes = gathered(() => onChange(new Set(out)), pace.changeEveryMs, signal)
  const several = groups.filter((group) => new Set(group).size > 1)
  const hasOthersIn = (address: string): boolean =>
    several.every((group) => !group.includes(address) || group.some((other) => !out.has(other)))
  await Promise.all(
    [...new Set(several.flat())].map(async (address) => {
      let failures = 0
      let answers = 0
      let answersWanted = 1
      let backAt = -Infinity
      while (!signal.aborted) {
        const began = performance.now()
        const hasAnswered = await answersHttp(address, ANSWER_WITHIN_MS)
        failures = hasAnswered ? 0 : failures + 1
        answers = hasAnswered ? answers + 1 : 0
        if (failures === FAILURES_MAX && !out.has(address)) {
          answersWanted = began - backAt < pace.steadyMs ? pace.provenAfterAnswers : 1
          out.add(address)
          changes.made()
        }
        if (out.has(address) && answers >= (hasOthersIn(address) ? answersWanted : 1)) {
          out.delete(address)
          backAt = began
          changes.made()
        }
        await pause(Math.max(0, pace.lookEveryMs - (performance.now() - began)), signal)
      }
    }),
  )
}

/** Calls `tell` for changes, at most once in `everyMs`: for the first at once, and again where it fails, as on a full disk. */
function gathered(tell: () => void, everyMs: number, signal: AbortSignal): { made: () => void } {
  const trouble = new SayOnce("Nginx can't be told which instances answer")
  let isTold = true
  let isWaiting = false
  return {
    made: () => {
      isTold = false
      if (isWaiting) return
      isWaiting = true
      void (async () => {
        while (!isTold && !signal.aborted) {
          isTold = true
          await trouble.attempt(() => {
            try {
              tell()
            } catch (error) {
              isTold = false
              throw error
            }
          })
          await pause(everyMs, signal)
        }
        isWaiting = false
      })()
    },
  }
}

/** Waits, or less where the watch ends. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal, ref: false }).catch(() => undefined)
}
