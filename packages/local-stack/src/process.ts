import { spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { removePidFile, writePidFile } from './pid-file.ts'
import { plainEnvironment } from './plain-environment.ts'
import { tiedToUs } from './run-as.ts'
import type { Account } from './run-as.ts'
import { RotatingLog } from './rotating-log.ts'
import type { LogLimits } from './rotating-log.ts'
import { SetupProblem } from './setup-problem.ts'

/** Where a server's log and pid file go, and how its start can be aborted. */
export interface Placement {
  /** Output is appended here. */
  logFile: string
  /** How large the log may get. Without limits the program writes its log itself, and only a start looks at its size. */
  logLimits?: LogLimits | undefined
  pidFile: string
  /** When it is aborted while the server starts, the server is stopped and the start fails with the reason. */
  signal?: AbortSignal | undefined
}

/** A server program to start and what to expect of it. */
export interface ProcessSpec extends Placement {
  /** What people call it, in messages. */
  name: string
  command: string
  args: readonly string[]
  /** Its environment, beside `plainEnvironment`. Nothing else of ours reaches it, since there may be secrets of others in it. */
  env?: Readonly<Record<string, string | undefined>>
  cwd?: string | undefined
  account?: Account | undefined
  /** Asks it to stop in an orderly way; also sent by the kernel when our own process dies. */
  stopSignal: NodeJS.Signals
  /** It is killed when it has not stopped by then. */
  stopDeadlineMs: number
  /** Whether it answers yet; asked again and again until it says yes. */
  isReady: () => Promise<boolean>
  readyDeadlineMs: number
}

/** How a process ended. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A server program that runs. */
export interface RunningProcess {
  name: string
  pid: number
  logFile: string
  /** Settles when it ends, for whatever reason. */
  exited: Promise<Exit>
  stop(): Promise<void>
  /** Tells it something, unless it has ended. */
  send(signal: NodeJS.Signals): void
  /** Ends it and its children at once. */
  kill(): void
}

const READY_POLL_MS = 50
const LOG_TAIL_LINES = 12
const LOG_TAIL_BYTES = 16_384
const LOG_ROTATE_BYTES = 10_000_000
/** For the last lines of a program that has ended. A child of it in another process group may hold its log open for longer. */
const LAST_LINES_DEADLINE_MS = 1_000

/** Starts a program and returns when it answers; fails at once when it ends before, with the end of its log. */
export async function startProcess(spec: ProcessSpec): Promise<RunningProcess> {
  spec.signal?.throwIfAborted()
  const { child, logged, logStart } = spawnLogged(spec)
  const exited = exitOf(child, spec, logged)
  if (child.pid === undefined) {
    await exited
    throw new SetupProblem(`${spec.name} could not be started: ${spec.command} can't be executed`)
  }
  writePidFile(spec.pidFile, child.pid)
  const running = runningProcess(spec, child.pid, exited)
  try {
    await waitUntilReady(spec, exited, logStart)
  } catch (error) {
    await running.stop()
    throw error
  }
  return running
}

/** A program whose output goes to its log: `logged` settles when it is all there, `logStart` is where this run's part begins. */
interface LoggedChild {
  child: ChildProcess
  logged: Promise<unknown>
  logStart: number
}

function spawnLogged(spec: ProcessSpec): LoggedChild {
  const { command, args } = tiedToUs(spec.command, spec.args, spec.stopSignal, spec.account)
  // A process group of its own keeps the terminal's Ctrl-C from stopping all servers at once, in no order.
  const options: SpawnOptions = {
    detached: true,
    env: { ...plainEnvironment(process.env), ...spec.env },
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
  }
  if (spec.logLimits === undefined) {
    const { fd, size } = openLog(spec.logFile)
    const child = spawn(command, args, { ...options, stdio: ['ignore', fd, fd] })
    closeSync(fd)
    return { child, logged: Promise.resolve(), logStart: size }
  }
  const logStart = statSync(spec.logFile, { throwIfNoEntry: false })?.size ?? 0
  const log = new RotatingLog(spec.logFile, spec.logLimits)
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null)
  const logged = Promise.all(streams.map((stream) => log.follow(stream))).finally(() => log.close())
  return { child, logged, logStart }
}

function exitOf(child: ChildProcess, spec: ProcessSpec, logged: Promise<unknown>): Promise<Exit> {
  return new Promise((resolve) => {
    const settle = async (exit: Exit): Promise<void> => {
      removePidFile(spec.pidFile)
      const enough = new AbortController()
      await Promise.race([
        logged,
        delay(LAST_LINES_DEADLINE_MS, undefined, { signal: enough.signal }).catch(() => undefined),
      ])
      enough.abort()
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve(exit)
    }
    child.once('error', () => void settle({ code: null, signal: null }))
    child.once('exit', (code, signal) => {
      // Children that outlive a killed parent, as Nginx's workers do, would keep its ports.
      if (child.pid !== undefined) signalIfThere(-child.pid, 'SIGKILL')
      void settle({ code, signal })
    })
  })
}

function runningProcess(spec: ProcessSpec, pid: number, exited: Promise<Exit>): RunningProcess {
  let ended = false
  void exited.then(() => {
    ended = true
  })
  const send = (target: number, signal: NodeJS.Signals): void => {
    if (!ended) signalIfThere(target, signal)
  }
  const stop = async (): Promise<void> => {
    send(pid, spec.stopSignal)
    const stoppedInTime = new AbortController()
    const deadline = delay(spec.stopDeadlineMs, undefined, { signal: stoppedInTime.signal, ref: false })
      .then(() => send(-pid, 'SIGKILL'))
      .catch(() => undefined)
    await exited
    stoppedInTime.abort()
    await deadline
  }
  let stopping: Promise<void> | undefined
  return {
    name: spec.name,
    pid,
    logFile: spec.logFile,
    exited,
    stop: () => (stopping ??= stop()),
    send: (signal) => send(pid, signal),
    kill: () => send(-pid, 'SIGKILL'),
  }
}

function signalIfThere(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal)
  } catch (error) {
    // A process that has ended already needs no signal. `instanceof Error` fails under Jest: Node's errors are of
    // another realm there.
    const hasEnded = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH'
    if (!hasEnded) throw error
  }
}

async function waitUntilReady(spec: ProcessSpec, exited: Promise<Exit>, logStart: number): Promise<void> {
  const deadline = Date.now() + spec.readyDeadlineMs
  let exit: Exit | undefined
  void exited.then((ended) => {
    exit = ended
  })
  while (Date.now() < deadline) {
    spec.signal?.throwIfAborted()
    const isReady = await spec.isReady()
    spec.signal?.throwIfAborted()
    if (isReady) return
    await Promise.race([delay(READY_POLL_MS), exited])
    if (exit !== undefined) {
      const ending = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`
      throw new SetupProblem(
        `${spec.name} ended while starting (${ending}).${logTail(spec.logFile, logStart)}`,
      )
    }
  }
  const seconds = spec.readyDeadlineMs / 1000
  throw new SetupProblem(`${spec.name} did not answer within ${seconds} s.${logTail(spec.logFile, logStart)}`)
}

/** Opens a log for appending and says where this run's part of it begins. */
function openLog(path: string): { fd: number; size: number } {
  mkdirSync(dirname(path), { recursive: true })
  const size = existsSync(path) ? statSync(path).size : 0
  if (size <= LOG_ROTATE_BYTES) return { fd: openSync(path, 'a'), size }
  rmSync(`${path}.1`, { force: true })
  renameSync(path, `${path}.1`)
  return { fd: openSync(path, 'a'), size: 0 }
}

/** The last lines of a log file after byte `from`, with the file's name, indented for an error message. */
export function logTail(path: string, from = 0): string {
  const size = existsSync(path) ? statSync(path).size : 0
  // A log that is shorter than it was has been put aside since.
  const start = Math.max(from > size ? 0 : from, size - LOG_TAIL_BYTES)
  if (start >= size) return ` Its log is empty: ${path}`
  const buffer = Buffer.alloc(size - start)
  const fd = openSync(path, 'r')
  try {
    readSync(fd, buffer, 0, buffer.length, start)
  } finally {
    closeSync(fd)
  }
  const lines = buffer.toString('utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES)
  return ` The end of ${path}:\n${lines.map((line) => `  ${line}`).join('\n')}`
}
