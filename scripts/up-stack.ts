import { RotatingLog } from '@frontrow/local-stack/rotating-log'
import type { LogLimits } from '@frontrow/local-stack/rotating-log'
import { supervise } from '@frontrow/local-stack/supervise'
import type { Supervised, SupervisionEvents } from '@frontrow/local-stack/supervise'
import type { Placement, RunningProcess } from '@frontrow/local-stack/process'
import type { Account } from '@frontrow/local-stack/run-as'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runFolder } from './up-checks.ts'

/** Groups of processes in the order they start; they stop the other way round, each group at once. */
const STAGES = ['postgres', 'redis', 'kafka', 'mailbox', 'identity', 'services', 'nginx'] as const

/** One of the groups. */
export type Stage = (typeof STAGES)[number]

/** Shows one line of progress. */
export type Say = (line: string) => void

/** All processes of one copy, and the one switch that ends it: a signal, or the first failure. */
export class Stack {
  readonly dataFolder: string
  readonly say: Say
  /** Whom our own programs run as; undefined where they run as we do. */
  account: Account | undefined
  readonly #halt = new AbortController()
  readonly #running: { stage: Stage; process: Supervised }[] = []
  readonly #logLimits: LogLimits

  /** What it says is shown by `show`, and noted with its time in the log of its own. */
  constructor(dataFolder: string, logLimits: LogLimits, show: Say) {
    this.dataFolder = dataFolder
    this.#logLimits = logLimits
    const log = new RotatingLog(this.logFile('frontrow'), logLimits)
    this.say = (line) => {
      show(line)
      log.write(Buffer.from(`${new Date().toISOString()} ${line}\n`))
    }
  }

  /** Aborts when the copy is to end; its reason says why. */
  get halted(): AbortSignal {
    return this.#halt.signal
  }

  /** Ends the copy: what is starting stops at once, the rest is for `stop`. The first reason counts. */
  halt(reason: unknown): void {
    this.#halt.abort(reason)
  }

  /** Where a process leaves its log and its pid. */
  placement(name: string): Placement {
    const pidFile = join(runFolder(this.dataFolder), `${name}.pid`)
    return { logFile: this.logFile(name), logLimits: this.#logLimits, pidFile }
  }

  logFile(name: string): string {
    return join(this.dataFolder, 'log', `${name}.log`)
  }

  /** A folder for one server's data. */
  folder(name: string): string {
    const path = join(this.dataFolder, name)
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return path
  }

  /** Starts a process and keeps it running. */
  async start(stage: Stage, start: (signal: AbortSignal) => Promise<RunningProcess>): Promise<void> {
    const process = await supervise(start, this.#events(), this.halted)
    this.#running.push({ stage, process })
  }

  /**
   * Waits for all tasks, also when one fails, so that nothing still starts while the copy stops. The first failure ends the
   * copy and is thrown.
   */
  async together(tasks: readonly Promise<unknown>[]): Promise<void> {
    const halting = tasks.map((task) =>
      task.catch((error: unknown) => {
        this.halt(error)
        throw error
      }),
    )
    const results = await Promise.allSettled(halting)
    if (results.some((result) => result.status === 'rejected')) throw this.halted.reason
  }

  /** Stops everything in order: nobody is sent to a service that has gone, no service loses its database first. */
  async stop(): Promise<void> {
    for (const stage of STAGES.toReversed()) {
      const members = this.#running.filter((member) => member.stage === stage)
      await Promise.all(members.map((member) => member.process.stop()))
    }
  }

  /** Kills all processes at once. Work that is not finished may be lost. */
  kill(): void {
    for (const { process } of this.#running) process.kill()
  }

  #events(): SupervisionEvents {
    return {
      onRestart: ({ name, how, logFile, waitMs }) => {
        this.say(`${name} has ended (${how}); starting it again in ${waitMs / 1000} s; its log: ${logFile}`)
      },
      onRecovered: (name) => this.say(`${name} is up again`),
    }
  }
}
