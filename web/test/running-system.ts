import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '@frontrow/local-stack/ports'
import { runCommand } from '@frontrow/local-stack/run-command'

const root = join(import.meta.dirname, '..', '..')
const READY_WITHIN_MS = 150_000
const STOPPED_WITHIN_MS = 20_000
const ANSWERED_WITHIN_MS = 60_000

/** As whom a call is made, and with what. */
interface CallOptions {
  user?: string
  body?: object
  key?: string
  queueToken?: string
}

/** Everything that `npm start` runs, with data of its own. */
export interface RunningSystem {
  url: string
  /** Calls the API as an admin, or as `user`. */
  call: (method: string, path: string, options?: CallOptions) => Promise<unknown>
  stop: () => Promise<void>
}

/** Starts the system and waits until it says that it is ready. */
export async function startSystem(): Promise<RunningSystem> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'frontrow-browser-'))
  const [port = 0, tlsPort = 0] = await freePorts(2)
  const { NODE_ENV: _test, ...surroundings } = process.env
  const env = { ...surroundings, PORT: String(port), TLS_PORT: String(tlsPort), DATA_DIR: dataFolder }
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
    const args = [
      join(root, 'scripts', 'token.ts'),
      '--user',
      user,
      ...(user === 'operator' ? ['--admin'] : []),
    ]
    const known =
      tokens.get(user) ?? runCommand('a token', process.execPath, args, { timeoutMs: 60_000, env, cwd: root })
    tokens.set(user, known)
    return known
  }
  return {
    url,
    stop,
    call: async (method, path, { user = 'operator', body, key, queueToken } = {}) => {
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
    },
  }
}
