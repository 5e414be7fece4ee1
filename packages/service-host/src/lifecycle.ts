import { armFailpoint } from '@frontrow/failpoints/failpoint'
import type { WorkerSettings } from './config.ts'
import { createLogger } from './logger.ts'
import type { Logger } from './logger.ts'
import { tidyMemoryAtRest } from './tidy-memory.ts'

const LINGER_MS = 250

/** Stops one part of a process. */
export type Closer = () => Promise<void> | void

/**
 * The parts of a running service. They stop in the reverse of the order they were added: first readiness, then whatever
 * takes in work, then the work itself, then connections.
 */
export class Lifecycle implements AsyncDisposable {
  readonly #logger: Logger
  readonly #closers: { name: string; close: Closer }[] = []
  #stopped: Promise<void> | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Adds a part. Call it right after the part has started, so that a failed start stops those that did start. */
  add(name: string, close: Closer): void {
    this.#closers.push({ name, close })
  }

  /** Stops every part, once; a part that fails is reported and the others still stop. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll()
    return this.#stopped
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #stopAll(): Promise<void> {
    for (const { name, close } of this.#closers.toReversed()) {
      try {
        await close()
      } catch (error) {
        this.#logger.error({ err: error, part: name }, 'a part did not stop cleanly')
      }
    }
  }
}

/**
 * Runs a service until a signal or a fatal error, then stops it and lets the process end. A stop that takes longer than
 * `timeoutMs` is cut off; that must be less than the orchestrator's grace time (30 s by default).
 */
export async function runService(options: {
  logger: Logger
  timeoutMs: number
  start: (onFatal: (error: Error) => void) => Promise<Lifecycle>
}): Promise<void> {
  const { logger } = options
  let requestStop: (reason: string) => void = () => {}
  const stopRequested = new Promise<string>((resolve) => {
    requestStop = resolve
  })
  const fatal = (error: Error): void => {
    logger.fatal({ err: error }, 'fatal: stopping')
    process.exitCode = 1
    requestStop('fatal error')
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => requestStop(signal))
  process.on('uncaughtException', fatal)
  process.on('unhandledRejection', (reason) =>
    fatal(reason instanceof Error ? reason : new Error(String(reason))),
  )

  let lifecycle: Lifecycle
  try {
    lifecycle = await options.start(fatal)
  } catch (error) {
    logger.fatal({ err: error }, 'could not start')
    // Parts that have started would keep the process alive.
    process.exit(1)
  }
  logger.info('ready')
  tidyMemoryAtRest()
  const reason = await stopRequested
  logger.info({ reason }, 'stopping')
  const deadline = setTimeout(() => {
    logger.error('did not stop in time')
    process.exit(1)
  }, options.timeoutMs)
  await lifecycle.stop()
  clearTimeout(deadline)
  logger.info('stopped')
  // A Kafka client that still tries to reach a broker would keep the process alive for 20 s more.
  setTimeout(() => process.exit(), LINGER_MS).unref()
}

/**
 * Everything that a service's main file does: reads the settings, starts, waits, stops. Wrong settings are printed as
 * plain text on standard error, and the exit code is 1.
 */
export async function runMain<C extends WorkerSettings>(
  service: string,
  readSettings: () => C,
  start: (config: C, options: { onFatal: (error: Error) => void }) => Promise<{ lifecycle: Lifecycle }>,
): Promise<void> {
  let config: C
  try {
    config = readSettings()
    armFailpoint(process.env)
  } catch (error) {
    process.stderr.write(`${service}: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
    return
  }
  await runService({
    logger: createLogger({ service, level: config.LOG_LEVEL }),
    timeoutMs: config.SHUTDOWN_TIMEOUT_MS,
    start: async (onFatal) => (await start(config, { onFatal })).lifecycle,
  })
}
