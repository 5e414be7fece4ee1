import { setTimeout as delay } from 'node:timers/promises'
import type { Exit, RunningProcess } from './process.ts'

/** How a process that is kept running ended, or why it could not be started again, and what follows. */
export interface Ending {
  name: string
  /** In words: its exit code or signal, or the first line of what made its start fail. */
  how: string
  logFile: string
  /** How long it is waited before the next start. */
  waitMs: number
}

/** Callbacks about a process that is kept running. */
export interface SupervisionEvents {
  /** It ended by itself, or its start failed. It is started again after a wait. */
  onRestart: (ending: Ending) => void
  /** It answers again. */
  onRecovered: (name: string) => void
}

/** How fast a process that ends again and again is started again. */
export interface RestartPace {
  /** The wait after the first end. It doubles with each further end. */
  firstWaitMs: number
  waitMaxMs: number
  /** A process that has run for so long is well again: the waits begin anew. */
  steadyMs: number
}

/** A process that is started again when it ends by itself. */
export interface Supervised {
  name: string
  stop(): Promise<void>
  /** Ends it and its children at once, for good. */
  kill(): void
}

/** Whoever kills a process ten times in a row waits 15 s for it, and a program that cannot start costs four starts a minute. */
const RESTART_PACE: RestartPace = { firstWaitMs: 1_000, waitMaxMs: 15_000, steadyMs: 60_000 }

/**
 * Starts a process, and again each time it ends: it is never given up, because its end may have a reason that passes, such as a full
 * disk or a person with `kill`. Once `signal` aborts it is started no more, and runs until it is stopped. A first start that fails throws, since its reason is most likely a setting.
 */
export async function supervise(
  start: (signal: AbortSignal) => Promise<RunningProcess>,
  events: SupervisionEvents,
  signal: AbortSignal,
  pace: RestartPace = RESTART_PACE,
): Promise<Supervised> {
  const first = await start(signal)
  const stopping = new AbortController()
  const ended = AbortSignal.any([signal, stopping.signal])
  let current = first
  const watch = async (): Promise<void> => {
    let startedAt = performance.now()
    let endings = 0
    let how = describeExit(await current.exited)
    while (!ended.aborted) {
      if (performance.now() - startedAt >= pace.steadyMs) endings = 0
      const waitMs = Math.min(pace.firstWaitMs * 2 ** endings, pace.waitMaxMs)
      endings += 1
      events.onRestart({ name: first.name, how, logFile: first.logFile, waitMs })
      try {
        await delay(waitMs, undefined, { signal: ended })
        startedAt = performance.now()
        current = await start(ended)
        // It may have been ready in the moment in which it was to stop.
        if (ended.aborted) await current.stop()
        if (ended.aborted) return
        events.onRecovered(first.name)
        how = describeExit(await current.exited)
      } catch (error) {
        // A start that took long to fail was no time of running well.
        startedAt = performance.now()
        how = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
      }
    }
  }
  const watching = watch()
  return {
    name: first.name,
    stop: async () => {
      stopping.abort()
      await current.stop()
      await watching
    },
    kill: () => {
      stopping.abort()
      current.kill()
    },
  }
}

function describeExit(exit: Exit): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`
}
