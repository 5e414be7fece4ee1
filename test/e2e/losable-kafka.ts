import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from '@frontrow/local-stack/kafka'
import type { KafkaOptions } from '@frontrow/local-stack/kafka'
import { freePorts } from '@frontrow/local-stack/ports'
import type { RunningProcess } from '@frontrow/local-stack/process'
import { ensureLocalServerPrograms } from '@frontrow/test-kit/local-servers'

/** A broker of one test file, which the test can hang or kill; it keeps its messages. */
export class LosableKafka {
  readonly brokers: string
  readonly #folder: string
  readonly #options: KafkaOptions
  #process: RunningProcess | undefined

  private constructor(folder: string, options: KafkaOptions) {
    this.brokers = `127.0.0.1:${options.port}`
    this.#folder = folder
    this.#options = options
  }

  static async start(): Promise<LosableKafka> {
    const { java, jarsFolder } = await ensureLocalServerPrograms(() => {})
    const [port, controllerPort] = await freePorts(2)
    if (port === undefined || controllerPort === undefined) throw new Error('freePorts gave too few')
    const folder = mkdtempSync(join(tmpdir(), 'frontrow-losable-kafka-'))
    const kafka = new LosableKafka(folder, {
      java,
      jarsFolder,
      port,
      controllerPort,
      dataFolder: join(folder, 'data'),
      logFile: join(folder, 'kafka.log'),
      pidFile: join(folder, 'kafka.pid'),
    })
    await kafka.start()
    return kafka
  }

  async start(): Promise<void> {
    this.#process = await startKafka(this.#options)
  }

  /** Stops the process with SIGSTOP: connections are still taken, and nothing is answered. */
  hang(): void {
    if (this.#process === undefined) throw new Error('Kafka does not run')
    process.kill(this.#process.pid, 'SIGSTOP')
  }

  /** Kills the process, without a clean stop. */
  async kill(): Promise<void> {
    const running = this.#process
    this.#process = undefined
    running?.kill()
    await running?.exited
  }

  async dispose(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
