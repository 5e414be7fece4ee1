import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const MODULE = 'github.com/stripe/stripe-mock@v0.203.0'
const FOLDER = new URL('../../../node_modules/.cache/stripe-mock', import.meta.url).pathname
const INSTALL_MAX_MS = 180_000
const START_MAX_MS = 20_000

const run = promisify(execFile)

/** Builds Stripe's own mock server, once. Returns its path, or why it can't be had. */
export async function installStripeMock(): Promise<{ program: string } | { missing: string }> {
  try {
    await run('go', ['version'], { timeout: 60_000 })
  } catch {
    return { missing: 'there is no Go here' }
  }
  const program = join(FOLDER, MODULE.replaceAll('/', '-'), 'stripe-mock')
  try {
    await run(program, ['-version'], { timeout: 60_000 })
    return { program }
  } catch {
    // It is not here yet.
  }
  const GOBIN = join(program, '..')
  await mkdir(GOBIN, { recursive: true })
  try {
    await run('go', ['install', MODULE], { env: { ...process.env, GOBIN }, timeout: INSTALL_MAX_MS })
    return { program }
  } catch (error) {
    return { missing: `Go can't build ${MODULE}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** Starts it with these objects for its answers. It checks each request by Stripe's own description of the API. */
export async function startStripeMock(
  program: string,
  resources: Record<string, object>,
): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'stripe-mock-'))
  const fixtures = join(folder, 'fixtures.json')
  await writeFile(fixtures, JSON.stringify({ resources }))
  const mock = spawn(
    program,
    ['-fixtures', fixtures, '-http-addr', '127.0.0.1:0', '-https-addr', '127.0.0.1:0'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const ended = new Promise<void>((resolve) => mock.once('close', () => resolve()))
  const stop = async (): Promise<void> => {
    mock.kill()
    await ended
    await rm(folder, { recursive: true })
  }
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    const timer = setTimeout(() => reject(new Error(`stripe-mock did not start: ${said}`)), START_MAX_MS)
    mock.once('error', reject)
    mock.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const address = /HTTP at address: (\S+)\n/.exec(said)?.[1]
      if (address === undefined) return
      clearTimeout(timer)
      resolve(`http://${address}`)
    })
  })
  return { url, stop }
}
