import { setTimeout as delay } from 'node:timers/promises'
import { answersHttp } from './http-status.ts'

/** Who is watched, and who is told. */
export interface InstanceWatch {
  /** `host:port` of each instance. */
  addresses: readonly string[]
  /** Gets the addresses that are out now, after each change. */
  onChange: (out: ReadonlySet<string>) => void
  /** Ends the watch. */
  signal: AbortSignal
}

const LOOK_EVERY_MS = 1_000
/** A process that answers nothing for so long is frozen, or so far behind that nobody should be sent to it. */
const ANSWER_WITHIN_MS = 2_000
const FAILURES_MAX = 3
/** A change makes Nginx start new workers. The old ones stay until their last request has ended, so changes are not made more often. */
const CHANGE_EVERY_MS = 5_000

/**
 * Asks each instance every second whether it answers, whatever the answer is. One that fails three times in a row is out: after 3 s
 * where it refuses connections, after 6 s where it is frozen. One answer brings it back. An instance that says that it is not
 * ready stays in, since the others most likely miss the same server, and its refusals say more than the gateway's.
 */
export async function watchInstances({ addresses, onChange, signal }: InstanceWatch): Promise<void> {
  const out = new Set<string>()
  const changes = gathered(() => onChange(new Set(out)), signal)
  await Promise.all(
    addresses.map(async (address) => {
      let failures = 0
      while (!signal.aborted) {
        const began = performance.now()
        failures = (await answersHttp(address, ANSWER_WITHIN_MS)) ? 0 : failures + 1
        if (failures === FAILURES_MAX && !out.has(address)) {
          out.add(address)
          changes.made()
        }
        if (failures === 0 && out.delete(address)) changes.made()
        await pause(Math.max(0, LOOK_EVERY_MS - (performance.now() - began)), signal)
      }
    }),
  )
}

/** Calls `tell` for changes, at most once in `CHANGE_EVERY_MS`: for the first at once. */
function gathered(tell: () => void, signal: AbortSignal): { made: () => void } {
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
          tell()
          await pause(CHANGE_EVERY_MS, signal)
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
