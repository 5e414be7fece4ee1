/**
 * npm start, once the packages are there: runs the whole system on this machine until a signal comes. Each step of the start
 * needs the steps before it. A failure at any step stops what has started, says why in one line and ends with 1.
 */
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { demoContact } from '@frontrow/identity-provider/accounts'
import { removePidFile } from '@frontrow/local-stack/pid-file'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { namelessRoles } from '@frontrow/values/roles'
import { checkSettings } from './all-settings.ts'
import { signerOf, signToken } from './development-tokens.ts'
import type { DevelopmentSigner } from './development-tokens.ts'
import { checkEnvFile } from './env-file.ts'
import { seedDemo } from './seed-demo.ts'
import {
  certificatesFolder,
  ensureServiceCertificates,
  renewServiceCertificates,
} from './service-certificates.ts'
import { accountForPrograms } from './up-account.ts'
import { checkMachine, claimDataFolder, ownPidFile, runFolder } from './up-checks.ts'
import { ADMIN_ROLE, KAFKA_ADMIN, ensureServerPrograms, startGateway, startServers } from './up-servers.ts'
import {
  choosePorts,
  databaseUrl,
  migrate,
  redisUrl,
  startServices,
  upstreamsOf,
  warmCompileCache,
} from './up-services.ts'
import type { ChosenPorts } from './up-services.ts'
import { ensurePages } from './up-pages.ts'
import { catchesMail, startMailbox } from './up-mailbox.ts'
import type { NotifyPorts } from './up-mailbox.ts'
import { startIdentityProvider } from './up-identity.ts'
import { ensureSecrets, readUpSettings } from './up-settings.ts'
import type { Secrets, TokenSource, UpSettings } from './up-settings.ts'
import { Stack } from './up-stack.ts'

const GATEWAY_DEADLINE_MS = 180_000
const GATEWAY_POLL_MS = 100
/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 1_000
const DEMO_USER = '101'

/** start.mjs notes when it began, so that the packages it brought count too. */
const began = Number(process.env['FRONTROW_BEGAN_AT'] ?? Date.now())

/** A person asked for the end. */
class Stopped extends Error {
  override name = 'Stopped'
}

function say(line: string): void {
  const elapsed = ((Date.now() - began) / 1000).toFixed(1).padStart(5)
  process.stdout.write(`[${elapsed} s] ${line}\n`)
}

async function bringUp(stack: Stack, settings: UpSettings): Promise<void> {
  const programs = await ensureServerPrograms(say, stack.halted)
  stack.halted.throwIfAborted()
  const { kind, issuer, audience, acceptsOwn } = settings.tokens
  const secrets = await ensureSecrets(settings.dataFolder, {
    ...(kind === 'secret' ? { by: kind, secret: settings.given['JWT_SECRET'] } : {}),
    ...(acceptsOwn ? { names: { issuer, audience } } : {}),
  })
  const ports = await choosePorts(settings.instances)
  const { servers, notify, identity } = ports
  writeAddresses(settings.dataFolder, secrets, ports)
  stack.account = await accountForPrograms(settings.dataFolder, process.env, say)
  const pages = ensurePages(stack)
  await stack.together([
    startServers(stack, programs, secrets, servers, settings.instances),
    warmCompileCache(stack),
    pages,
    ensureServiceCertificates(certificatesFolder(settings.dataFolder), stack.account),
  ])
  await migrate(stack, secrets, servers)
  say('Schemas and topics are in place')
  await stack.together([
    ...(catchesMail(settings.given) ? [startMailbox(stack, notify)] : []),
    ...(kind === 'development'
      ? [
          startIdentityProvider(
            stack,
            settings,
            identity,
            secrets,
            redisUrl(secrets.redisPassword, servers.redis),
          ),
        ]
      : []),
  ])
  await startServices(stack, secrets, settings, ports)
  say('The five services are up')
  await startGateway(stack, programs, settings, upstreamsOf(settings.tokens, ports), await pages)
  await waitForGateway(stack, settings.port)
  const demo = acceptsOwn ? await demoLines(settings.port, signerOf(secrets, settings.given)) : []
  stack.halted.throwIfAborted()
  announce(settings, notify, demo)
}

/** Runs until somebody or something halts it. */
async function untilHalted(stack: Stack, settings: UpSettings): Promise<void> {
  if (stack.halted.aborted) return
  const endRenewal = renewServiceCertificates(certificatesFolder(settings.dataFolder), say, stack.account)
  try {
    await once(stack.halted, 'abort')
  } finally {
    endRenewal()
  }
}

/** Puts the demo concert on sale where a token can name an admin, and tells of it. */
async function demoLines(port: number, signer: DevelopmentSigner): Promise<string[]> {
  const demoUser = `  Demo user ${DEMO_USER}  ${await signToken(signer, DEMO_USER, demoContact(DEMO_USER))}`
  if (namelessRoles(signer.roles, ['admin']).length > 0) {
    return [
      '  Demo concert   none: ROLE_MAPPING has no name for the role admin, who would put it on sale',
      demoUser,
    ]
  }
  const adminToken = await signToken(signer, 'demo-seed', { roles: ['admin'] })
  const demo = await seedDemo(`http://127.0.0.1:${port}/api/v1`, adminToken, new Date())
  return [
    `  Demo concert   ${demo.concertId}: schedule ${demo.smallScheduleId} (50 seats), schedule ${demo.largeScheduleId} (1,000 seats)`,
    demoUser,
  ]
}

/** Where everything listens, for people and tools that want to look behind the gateway; it holds passwords. */
function writeAddresses(
  dataFolder: string,
  secrets: Secrets,
  { servers, services, notify, identity }: ChosenPorts,
): void {
  const [first, ...further] = services
  const addresses = {
    postgres: databaseUrl(ADMIN_ROLE, secrets.adminPassword, servers.postgres),
    redis: redisUrl(secrets.redisPassword, servers.redis),
    kafka: `127.0.0.1:${servers.kafka}`,
    kafkaLogin: { username: KAFKA_ADMIN, password: secrets.kafkaPasswords.admin },
    services: first,
    // The other instances of each service, where there are some.
    ...(further.length === 0 ? {} : { further }),
    notify,
    identity,
  }
  const file = join(runFolder(dataFolder), 'addresses.json')
  writeFileSync(file, `${JSON.stringify(addresses, null, 2)}\n`, { mode: 0o600 })
}

async function waitForGateway(stack: Stack, port: number): Promise<void> {
  const deadline = Date.now() + GATEWAY_DEADLINE_MS
  let last = 'no answer'
  while (Date.now() < deadline) {
    stack.halted.throwIfAborted()
    try {
      const response = await fetch(`http://127.0.0.1:${port}/health/ready`, {
        signal: AbortSignal.timeout(5_000),
      })
      if (response.status === 200) return
      last = `${response.status} ${await response.text()}`
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
    }
    await delay(GATEWAY_POLL_MS)
  }
  throw new SetupProblem(
    `the system was not ready within ${GATEWAY_DEADLINE_MS / 1000} s (${last}); logs: ${stack.logFile('*')}`,
  )
}

function announce(settings: UpSettings, notify: NotifyPorts, demo: string[]): void {
  const gateway = `http://localhost:${settings.port}`
  const shown = relative(process.cwd(), settings.dataFolder)
  const data = shown.startsWith('..') ? settings.dataFolder : shown || '.'
  const elapsed = ((Date.now() - began) / 1000).toFixed(1)
  const lines = [
    '',
    `  Buy a ticket   ${gateway}`,
    `  API reference  ${gateway}/docs`,
    ...demo,
    ...providerLines(settings.tokens),
    ...mailLines(settings.given, notify),
    `  Logs           ${data}/log`,
    ...(settings.tokens.acceptsOwn
      ? [
          '  Try next       npm run demo: a real line to wait in   (in another terminal; npm run rush: a crowd)',
        ]
      : []),
    '',
    `Frontrow is ready in ${elapsed} s: ${gateway} and https://localhost:${settings.tlsPort}; Ctrl-C stops it`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function mailLines(given: NodeJS.ProcessEnv, { mailbox }: NotifyPorts): string[] {
  return catchesMail(given) ? [`  Mailbox        http://localhost:${mailbox.http} catches all mail`] : []
}

function providerLines({ kind, issuer, acceptsOwn }: TokenSource): string[] {
  if (kind === 'development') {
    return [`  Sign-in        ${issuer}: demo fans and staff, without passwords, for development only`]
  }
  if (!acceptsOwn) return [`  Tokens         those of your identity provider alone (NODE_ENV is production)`]
  const whose = kind === 'provider' ? 'those of your identity provider' : 'those signed by your JWT_SECRET'
  return [`  Tokens         ${whose}, and for development: npm run token -- --user 101 [--admin]`]
}

/** Halts on the first signal; a second one, or losing whoever started us while we stop, ends everything hard. */
function listenForSignals(stack: Stack): void {
  let first: number | undefined
  const onSignal = (cause: string): void => {
    const now = Date.now()
    if (first === undefined) {
      first = now
      say(`Stopping (${cause}); once more ends it at once`)
      stack.halt(new Stopped())
    } else if (now - first > SAME_SIGNAL_MS) {
      stack.kill()
      process.exit(1)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  // start.mjs was killed, so nobody is left who could send a signal.
  process.once('disconnect', () => {
    if (first === undefined) onSignal('its starter is gone')
  })
}

/** One line for what a person can act on; a stack trace for what is our own mistake. */
function explain(error: unknown): string {
  if (error instanceof SetupProblem) return `Frontrow can't start: ${error.message}`
  if (!(error instanceof Error)) return `Frontrow can't start: ${String(error)}`
  // What the system refuses (a full disk, a folder that is not ours) has a code and says enough in its message.
  if ('syscall' in error) return `Frontrow can't start: ${error.message}`
  return `Frontrow can't start, for a reason it does not know: ${error.stack ?? error.message}`
}

function makeDataFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new SetupProblem(`the data folder can't be made (${why}); choose another with DATA_DIR=…`)
  }
}

async function main(): Promise<number> {
  for (const note of checkEnvFile()) say(note)
  const settings = readUpSettings({ ...process.env, ...checkSettings(process.env) })
  const stack = new Stack(settings.dataFolder, settings.logLimits, say)
  listenForSignals(stack)
  makeDataFolder(settings.dataFolder)
  await claimDataFolder(settings.dataFolder, say)
  try {
    await checkMachine(settings)
    await bringUp(stack, settings)
    await untilHalted(stack, settings)
  } catch (error) {
    stack.halt(error)
  } finally {
    await stack.stop()
    removePidFile(ownPidFile(settings.dataFolder))
  }
  const { reason } = stack.halted
  if (reason instanceof Stopped) {
    say('Everything has stopped')
    return 0
  }
  process.stderr.write(`${explain(reason)}\n`)
  return 1
}

// Writing to a closed terminal or pipe must not end this process, because the servers would then run on without it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}
process.removeAllListeners('disconnect')
if (process.connected) process.disconnect()
