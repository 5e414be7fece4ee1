import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '@frontrow/local-stack/ports'
import { runCommand } from '@frontrow/local-stack/run-command'

const root = join(import.meta.dirname, '..', '..')
const READY_WITHIN_MS = 280_000
const STOPPED_WITHIN_MS = 20_000
const ANSWERED_WITHIN_MS = 60_000

/** As whom a call is made, and with what. */
interface CallOptions {
  user?: string
  body?: object
  key?: string
  queueToken?: string
}

/** A show of its own for a story that changes the line or takes many seats. */
export interface Show {
  path: string
  scheduleId: number
}

/** Everything that `npm start` runs, with data of its own. */
export interface RunningSystem {
  url: string
  /** The settings it runs with, which its commands need too. */
  env: NodeJS.ProcessEnv
  /** Calls the API as an admin, or as `user`. */
  call: (method: string, path: string, options?: CallOptions) => Promise<unknown>
  /** Puts another concert on sale, in one section of seats in rows of ten. */
  openShow: (title: string, seats: number) => Promise<Show>
  stop: () => Promise<void>
}

/** Starts the system with these settings and waits until it says that it is ready. */
export async function startSystem(settings: Record<string, string> = {}): Promise<RunningSystem> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'frontrow-browser-'))
  const [port = 0, tlsPort = 0] = await freePorts(2)
  const { NODE_ENV: _test, ...surroundings } = process.env
  const env = {
    ...surroundings,
    ...settings,
    PORT: String(port),
    TLS_PORT: String(tlsPort),
    DATA_DIR: dataFolder,
  }
  const child = spawn(process.execPath, [join(root, 'scripts', 'up.ts')], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit')
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOPPED_WITHIN_MS)
      await exit.finally(() => clearTimeout(timer))
    }
    rmSync(dataFolder, { recursive: true, force: true })
  }
  try {
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => reject(new Error(`not ready in time: ${output}`)), READY_WITHIN_MS)
    const read = (text: string): void => {
      output += text
      if (output.includes('Frontrow is ready')) resolve()
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`it ended: ${output}`)))
    await ready.finally(() => clearTimeout(timer))
  } catch (error) {
    await stop()
    throw error
  }
  const url = `http://localhost:${port}`
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (user: string): Promise<string> => {
    const args = [join(root, 'scripts', 'token.ts'), '--user', user, ...(user === 'admin' ? ['--admin'] : [])]
    const known =
      tokens.get(user) ?? runCommand('a token', process.execPath, args, { timeoutMs: 60_000, env, cwd: root })
    tokens.set(user, known)
    return known
  }
  const call: RunningSystem['call'] = async (
    method,
    path,
    { user = 'admin', body, key, queueToken } = {},
  ) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${(await tokenOf(user)).trim()}`,
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(queueToken === undefined ? {} : { 'queue-token': queueToken }),
      },
      signal: AbortSignal.timeout(ANSWERED_WITHIN_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer: unknown = await response.json()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`)
    return typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : answer
  }
  return { url, env, stop, call, openShow: (title, seats) => openShow(call, title, seats) }
}

const DAY_MS = 86_400_000

async function openShow(call: RunningSystem['call'], title: string, seats: number): Promise<Show> {
  const concertId = numberOf(await call('POST', '/admin/concerts', { body: { title } }), 'concertId')
  const performanceAt = new Date(Date.now() + 7 * DAY_MS).toISOString()
  const body = {
    // The demo's hall.
    venueId: 1,
    performanceAt,
    bookingOpenAt: new Date(Date.now() - 60_000).toISOString(),
    bookingCloseAt: performanceAt,
    sections: [{ section: 'A', grade: 'R', price: 110_000, rows: seats / 10, seatsPerRow: 10 }],
  }
  const made = await call('POST', `/admin/concerts/${concertId}/schedules`, { body })
  const scheduleId = numberOf(made, 'scheduleId')
  return { path: `/concerts/${concertId}/schedules/${scheduleId}`, scheduleId }
}

function numberOf(answer: unknown, name: string): number {
  const value: unknown = Object.fromEntries(Object.entries(answer ?? {}))[name]
  if (typeof value === 'number') return value
  throw new Error(`no ${name}: ${JSON.stringify(answer)}`)
}
