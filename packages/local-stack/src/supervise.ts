import { setTimeout as delay } from 'node:timers/promises'
import type { Exit, RunningProcess } from './process.ts'

/** Callbacks about a process that is kept running. */
export interface SupervisionEvents {
  /** It ended by itself and is started again in a moment. */
  onRestart: (name: string, how: string) => void
  /** It answers again. */
  onRecovered: (name: string) => void
  /** It ended too often. It is not started again. */
  onGiveUp: (name: string, how: string, logFile: string) => void
}

/** A process that is started again when it ends by itself. */
export interface Supervised {
  name: string
  stop(): Promise<void>
  /** Ends it and its children at once, for good. */
  kill(): void
}

const RESTART_DELAY_MS = 1_000
const RESTARTS_MAX = 5
const RESTARTS_WINDOW_MS = 60_000

/** Starts a process, and again a second after it ends, at most 5 times a minute. A first start that fails throws. */
export async function supervise(
  start: (signal: AbortSignal) => Promise<RunningProcess>,
  events: SupervisionEvents,
  signal: AbortSignal,
): Promise<Supervised> {
  const first = await start(signal)
  const stopping = new AbortController()
  let current = first
  const watch = async (): Promise<void> => {
    let restarts: number[] = []
    let how = describeExit(await current.exited)
    while (!stopping.signal.aborted) {
      const now = Date.now()
      restarts = [...restarts.filter((at) => at > now - RESTARTS_WINDOW_MS), now]
      if (restarts.length > RESTARTS_MAX) {
        events.onGiveUp(first.name, how, first.logFile)
        return
      }
      events.onRestart(first.name, how)
      try {
        await delay(RESTART_DELAY_MS, undefined, { signal: stopping.signal })
        current = await start(stopping.signal)
        events.onRecovered(first.name)
        how = describeExit(await current.exited)
      } catch (error) {
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
