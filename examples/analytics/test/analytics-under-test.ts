import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts')

/** The example as a process of its own, on a file of its own. */
export interface AnalyticsUnderTest {
  /** Starts it in a group, by default a new one, and returns the group; the last one must have ended. */
  start(group?: string): string
  /** Ends it, and resolves once it has ended. SIGKILL leaves it no chance to clean up. */
  end(signal: NodeJS.Signals): Promise<void>
  /** What `main.ts show` prints. */
  show(): Promise<Record<string, unknown>[]>
  /** What it has said on stderr since its first start. */
  said(): string
  dispose(): Promise<void>
}

/** Makes one that follows the topics with this prefix. */
export function createAnalytics(environment: {
  kafkaBrokers: string
  topicPrefix: string
}): AnalyticsUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'frontrow-analytics-'))
  const env = {
    PATH: process.env['PATH'],
    KAFKA_BROKERS: environment.kafkaBrokers,
    KAFKA_TOPIC_PREFIX: environment.topicPrefix,
    ANALYTICS_FILE: join(folder, 'sales.sqlite'),
    NODE_NO_WARNINGS: '1',
  }
  let child: ChildProcess | undefined
  let said = ''
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return {
    start(group = `${environment.topicPrefix}analytics-${randomUUID()}`) {
      child = spawn(process.execPath, [MAIN], {
        env: { ...env, ANALYTICS_GROUP: group },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
      return group
    },
    end,
    async show() {
      const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'show'], { env, timeout: 60_000 })
      return JSON.parse(stdout)
    },
    said: () => said,
    async dispose() {
      await end('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
