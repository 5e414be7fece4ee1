import { join } from 'node:path'
import { livingProcess } from '@frontrow/local-stack/pid-file'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { serviceNames } from '../scripts/services.ts'
import { PausesEnded } from './pauses.ts'
import type { Pauses } from './pauses.ts'

/** People are there before the first fault. */
const FIRST_AFTER_MS = 5_000
const FROZEN_MS = 10_000
/** The gateway takes one that answers again back within this. */
const BETWEEN_MS = 5_000
const LOOK_EVERY_MS = 100

/** What was done to instances, and what was left for want of time. */
export interface InstanceFaults {
  readonly done: string[]
  readonly left: string[]
}

/**
 * Kills the second instance of each service, one after the other, and then freezes each for 10 s, until `pauses` end. Only what npm start
 * runs in this folder is touched, and only where each service has another instance.
 */
export class InstanceFailures {
  readonly #runFolder: string

  constructor(runFolder: string) {
    this.#runFolder = runFolder
    for (const name of serviceNames) {
      if (this.#second(name) !== null && livingProcess(join(runFolder, `${name}.pid`)) !== null) continue
      throw new SetupProblem(
        `--faults needs two instances of ${name}: start the copy with INSTANCES=2 npm start`,
      )
    }
  }

  async run(pauses: Pauses): Promise<InstanceFaults> {
    const steps = serviceNames.flatMap((name) => [
      { what: `kill -9 of ${name}`, fail: () => this.#kill(name, pauses) },
      { what: `freezing ${name}`, fail: () => this.#freeze(name, pauses) },
    ])
    const faults = { done: new Array<string>(), left: steps.map(({ what }) => what) }
    try {
      await pauses.pause(FIRST_AFTER_MS)
      for (const { what, fail } of steps) {
        await fail()
        faults.done.push(what)
        faults.left.shift()
        await pauses.pause(BETWEEN_MS)
      }
    } catch (error) {
      if (!(error instanceof PausesEnded)) throw error
    }
    return faults
  }

  #second(name: string): number | null {
    return livingProcess(join(this.#runFolder, `${name}-2.pid`))
  }

  /** npm start starts it again; the next fault is for when it runs. */
  async #kill(name: string, pauses: Pauses): Promise<void> {
    const pid = await this.#running(name, pauses)
    process.kill(pid, 'SIGKILL')
    while (this.#second(name) === pid) await pauses.pause(LOOK_EVERY_MS)
    await this.#running(name, pauses)
  }

  async #freeze(name: string, pauses: Pauses): Promise<void> {
    const pid = await this.#running(name, pauses)
    process.kill(pid, 'SIGSTOP')
    try {
      await pauses.pause(FROZEN_MS)
    } finally {
      // It goes on also where the run is broken off. One that somebody has killed meanwhile needs nothing.
      if (this.#second(name) === pid) process.kill(pid, 'SIGCONT')
    }
  }

  async #running(name: string, pauses: Pauses): Promise<number> {
    for (;;) {
      const pid = this.#second(name)
      if (pid !== null) return pid
      await pauses.pause(LOOK_EVERY_MS)
    }
  }
}
