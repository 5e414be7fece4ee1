import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { loadResult } from './load-job.ts'
import type { LoadJob, LoadResult } from './load-job.ts'

/** The process that makes the load. */
export class LoadProcess {
  readonly #child: ChildProcess

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'load.ts'), { serialization: 'advanced', execArgv: [] })
  }

  /** Does one job and returns its result. Answers of another status than the expected one are counted in it. Throws when the process has ended. */
  async run(job: LoadJob): Promise<LoadResult> {
    const listeners = new AbortController()
    try {
      const answered = once(this.#child, 'message', { signal: listeners.signal })
      const ended = once(this.#child, 'exit', { signal: listeners.signal }).then(() => {
        throw new Error('the load process has ended')
      })
      ended.catch(() => undefined)
      this.#child.send(job)
      const [message] = await Promise.race([answered, ended])
      return loadResult.parse(message)
    } finally {
      listeners.abort()
    }
  }

  /** Does one job, and throws where an answer has another status than the expected one. */
  async runClean(job: LoadJob): Promise<LoadResult> {
    const result = await this.run(job)
    const failures = Object.entries(result.failures).map(([failure, count]) => `${count} × ${failure}`)
    if (failures.length > 0) {
      throw new Error(
        `of ${result.answered} answers not all were ${job.expectedStatus ?? 200}: ${failures.join(', ')}`,
      )
    }
    return result
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}
