import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { createClient } from '@frontrow/client/client'
import type { Client } from '@frontrow/client/client'
import { ApiError } from '@frontrow/client/errors'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { ensureCertificate, startNginx } from '@frontrow/local-stack/nginx'
import { freePorts } from '@frontrow/local-stack/ports'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { readRateLimits } from '../../scripts/gateway-settings.ts'
import { ensureServiceCertificates, grpcCertificateEnv } from '../../scripts/service-certificates.ts'
import { serviceNames as names } from '../../scripts/services.ts'
import type { ServiceName } from '../../scripts/services.ts'
import { makeTicketSigningKey } from '../../scripts/up-settings.ts'
import { answersReady, endProcess, scrape } from './service-process.ts'

const root = join(import.meta.dirname, '..', '..')

/** An answer of the gateway, parsed; `data` and `error` are as the API documents them. */
export interface Answer {
  status: number
  headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read many shapes; a wrong field fails the test.
  data: any
  error: { code: string; message: string; details: unknown; requestId: string } | undefined
}

/** A request to the gateway. */
interface Call {
  body?: unknown
  as?: string
  admin?: boolean
  /** Further claims of the caller's token. */
  claims?: Record<string, unknown>
  queueToken?: string
  key?: string
  headers?: Record<string, string>
}

/** The five services as processes of their own behind a real Nginx, on the servers of the test run. */
export interface OnSaleNetwork {
  url: string
  environment: TestEnvironment
  /** Where a service answers gRPC. */
  grpcOf(name: ServiceName): string
  /** The settings that name the certificate of the process that sends mail and webhooks. */
  notifyCertificate: Settings
  call(method: string, path: string, call?: Call): Promise<Answer>
  /** What a scrape of a service's metrics reads. */
  metrics(name: ServiceName): Promise<string>
  /** Ends a service without a chance to clean up, as a crash would. */
  kill(name: ServiceName): Promise<void>
  /** Waits until a service has died by itself, and returns of which signal. */
  died(name: ServiceName): Promise<NodeJS.Signals | null>
  /** Starts a service that has ended, with these settings beside its own, and waits for nothing. */
  launch(name: ServiceName, changed: Settings): void
  /** Starts it again, with these settings beside its own, and waits until it is ready. */
  restart(name: ServiceName, changed?: Settings): Promise<void>
  /** Stops a service with SIGSTOP: what is sent to it waits, and nothing is answered. */
  pause(name: ServiceName): void
  /** Lets it go on; it finds what came meanwhile. */
  resume(name: ServiceName): void
  /** The second instance of a service of `twice`. */
  secondOf(name: ServiceName): { pause(): void; resume(): void; kill(): Promise<void> }
  /** Starts a further process of a service, which shares its messages and gets no requests of the gateway. */
  addInstance(name: ServiceName): Promise<FurtherInstance>
  stop(): Promise<void>
}

/** Environment variables. */
type Settings = Readonly<Record<string, string>>

/** A process of a service beside the first one. */
interface FurtherInstance {
  metrics(): Promise<string>
  kill(): Promise<void>
  stop(): Promise<void>
}

/** What differs from one process of each service on the servers of the test run. */
interface NetworkOptions {
  /** Settings of single services. */
  of?: Partial<Record<ServiceName, Settings>>
  /** In place of the test run's. */
  kafkaBrokers?: string
  /** Each service has two instances, behind a gateway that takes those out that fail. */
  twice?: boolean
}

/** Starts everything; `settings` are for all services. */
export async function startOnSaleNetwork(
  settings: Settings = {},
  { of = {}, kafkaBrokers, twice = false }: NetworkOptions = {},
): Promise<OnSaleNetwork> {
  const environment = await createTestEnvironment(kafkaBrokers === undefined ? {} : { kafkaBrokers })
  const folder = mkdtempSync(join(tmpdir(), 'frontrow-e2e-'))
  chmodSync(folder, 0o711)
  const certificates = join(folder, 'certificates')
  await ensureServiceCertificates(certificates)
  const ports = await freePorts(names.length * 6 + 2)
  const portsFrom = (first: number) =>
    Object.fromEntries(
      names.map((name, index) => [name, ports.slice(first + index * 3, first + index * 3 + 3)]),
    )
  const portsOf = portsFrom(0)
  const secondPortsOf = portsFrom(names.length * 3)
  const port = (name: ServiceName, which: 0 | 1 | 2): number => portsOf[name]?.[which] ?? 0
  const addresses = (name: ServiceName, which: 0 | 1 | 2): string[] =>
    (twice ? [portsOf, secondPortsOf] : [portsOf]).map((all) => `127.0.0.1:${all[name]?.[which] ?? 0}`)
  const [gatewayPort = 0, tlsPort = 0] = ports.slice(-2)
  const shared = {
    ...Object.fromEntries(
      names.map((name) => [`${name.toUpperCase()}_GRPC`, `ipv4:${addresses(name, 1).join(',')}`]),
    ),
    // A service asks the other instance after half of it, while the gateway still waits.
    ...(twice ? { NEIGHBOUR_TIMEOUT_MS: '2500' } : {}),
    // A buyer on a busy machine is not told to come again, nor to look later.
    PAYMENT_WAIT_MS: '12000',
    PAYMENT_DELAY_MAX_MS: '30000',
    CHARGE_WAIT_MS: '12000',
    SYSTEM_OPS_URLS: names.map((name) => `${name}=http://127.0.0.1:${port(name, 2)}`).join(','),
    TICKET_SIGNING_KEY: makeTicketSigningKey(),
    LOG_LEVEL: 'info',
    ...settings,
  }
  const processes = new Map<ServiceName, ChildProcess>()
  const further: ChildProcess[] = []
  const spawnService = (name: ServiceName, own: readonly number[], changed: Settings): ChildProcess => {
    const [http, grpc, ops] = own
    const child = spawn(process.execPath, [join('services', name, 'src', 'main.ts')], {
      cwd: root,
      env: {
        PATH: process.env['PATH'],
        ...environment.serviceEnv(name),
        ...grpcCertificateEnv(certificates, name),
        ...shared,
        ...of[name],
        ...changed,
        HTTP_PORT: String(http),
        GRPC_PORT: String(grpc),
        OPS_PORT: String(ops),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' })
    child.stdout?.pipe(log)
    child.stderr?.pipe(log)
    return child
  }
  const start = (name: ServiceName, changed: Settings = {}): void => {
    processes.set(name, spawnService(name, portsOf[name] ?? [], changed))
  }
  const end = (name: ServiceName, signal: NodeJS.Signals) => endProcess(processes.get(name), signal)
  const isReady = (name: ServiceName) => answersReady(name, port(name, 2))
  for (const name of names) start(name)
  const second = new Map<ServiceName, ChildProcess>()
  if (twice) for (const name of names) second.set(name, spawnService(name, secondPortsOf[name] ?? [], {}))
  further.push(...second.values())
  // A gateway that watches would take them all out while they start.
  if (twice) await Promise.all(names.map((name) => answersReady(name, secondPortsOf[name]?.[2] ?? 0)))
  const nginx = await startGateway(folder, gatewayPort, tlsPort, addresses, twice)
  const url = `http://127.0.0.1:${gatewayPort}`
  const network: OnSaleNetwork = {
    url,
    environment,
    grpcOf: (name) => `127.0.0.1:${port(name, 1)}`,
    notifyCertificate: grpcCertificateEnv(certificates, 'notify'),
    call: (method, path, call = {}) => callGateway(url, method, path, call),
    metrics: (name) => scrape(port(name, 2)),
    kill: (name) => end(name, 'SIGKILL'),
    died: (name) =>
      // It has to start, and the session of the member before it (10 s) may have to end before it gets its messages.
      eventually(() => {
        const child = processes.get(name)
        if (child === undefined || (child.exitCode === null && child.signalCode === null)) {
          throw new Error(`${name} is alive`)
        }
        return child.signalCode
      }),
    launch: (name, changed) => start(name, changed),
    restart: async (name, changed) => {
      await end(name, 'SIGTERM')
      start(name, changed)
      await isReady(name)
    },
    pause: (name) => void processes.get(name)?.kill('SIGSTOP'),
    resume: (name) => void processes.get(name)?.kill('SIGCONT'),
    secondOf: (name) => ({
      pause: () => void second.get(name)?.kill('SIGSTOP'),
      resume: () => void second.get(name)?.kill('SIGCONT'),
      kill: () => endProcess(second.get(name), 'SIGKILL'),
    }),
    addInstance: async (name) => {
      const own = await freePorts(3)
      const child = spawnService(name, own, {})
      further.push(child)
      await answersReady(name, own[2] ?? 0)
      return {
        metrics: () => scrape(own[2] ?? 0),
        kill: () => endProcess(child, 'SIGKILL'),
        stop: () => endProcess(child, 'SIGTERM'),
      }
    },
    stop: async () => {
      await nginx.stop()
      await Promise.all([...processes.values(), ...further].map((child) => endProcess(child, 'SIGTERM')))
      await environment.dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await Promise.all(names.map(isReady))
  } catch (error) {
    await network.stop()
    throw error
  }
  return network
}

async function startGateway(
  folder: string,
  port: number,
  tlsPort: number,
  addressesOf: (name: ServiceName, which: 0 | 2) => string[],
  watchesInstances: boolean,
) {
  const { nginx: program, openssl } = await ensurePrograms(['nginx', 'openssl'], () => {})
  if (program === undefined || openssl === undefined) throw new Error('ensurePrograms left a program out')
  return startNginx({
    rateLimits: readRateLimits({}),
    program,
    templateFile: join(root, 'gateway', 'nginx', 'nginx.conf.template'),
    stateFolder: join(folder, 'nginx'),
    logFile: join(folder, 'nginx.log'),
    accessLogFile: join(folder, 'access.log'),
    pidFile: join(folder, 'nginx.pid'),
    port,
    tlsPort,
    certificate: await ensureCertificate(openssl, join(folder, 'tls')),
    upstreams: {
      ...Object.fromEntries(names.map((name) => [name, addressesOf(name, 0)])),
      health: addressesOf('queue', 2),
    },
    watchesInstances,
    // The machine is busy with other tests. Within 4 s the first instance has to be given up, or the second one is not asked any more;
    // where there is one, nobody can be asked instead.
    readTimeoutSeconds: watchesInstances ? 3 : 20,
  })
}

async function callGateway(url: string, method: string, path: string, call: Call): Promise<Answer> {
  const headers: Record<string, string> = { ...call.headers }
  if (call.as !== undefined) {
    headers['Authorization'] =
      `Bearer ${await tokenFor(call.as, { admin: call.admin === true, claims: call.claims ?? {} })}`
  }
  if (call.queueToken !== undefined) headers['Queue-Token'] = call.queueToken
  if (call.key !== undefined) headers['Idempotency-Key'] = call.key
  if (call.body !== undefined) headers['Content-Type'] ??= 'application/json'
  const response = await fetch(url + path, {
    method,
    headers,
    ...(call.body === undefined
      ? {}
      : { body: typeof call.body === 'string' ? call.body : JSON.stringify(call.body) }),
    signal: AbortSignal.timeout(60_000),
  })
  const text = await response.text()
  const body = text === '' ? {} : JSON.parse(text)
  return { status: response.status, headers: response.headers, data: body.data, error: body.error }
}

/** Asks again, under one key, while a busy machine has no answer; a refusal is one. For what may be asked twice. */
export function ask(
  network: Pick<OnSaleNetwork, 'call'>,
  method: string,
  path: string,
  call: Call = {},
): Promise<Answer> {
  const keyed = method === 'GET' ? call : { key: randomUUID(), ...call }
  return eventually(
    async () => {
      const answer = await network.call(method, path, keyed)
      if (answer.status >= 500) throw new Error(`no answer but ${answer.status} ${answer.error?.code}`)
      return answer
    },
    { everyMs: 200 },
  )
}

/** When a schedule's waiting room and its sale open, in milliseconds from now. */
interface Opening {
  waitingRoomInMs?: number
  bookingInMs?: number
}

const PRICE = 50_000

/** A schedule with `seats` seats of one grade, on sale now unless told otherwise; returns its ids and when it opens. */
export async function openOnSale(
  network: OnSaleNetwork,
  seats: number,
  { waitingRoomInMs, bookingInMs = -60_000 }: Opening = {},
): Promise<{ concertId: number; scheduleId: number; bookingOpenAt: string }> {
  const admin = clientOf(network, 'admin', { admin: true })
  const day = 86_400_000
  const params = { header: { 'Idempotency-Key': randomUUID() } }
  const venue = await eventually(() =>
    admin.POST('/api/v1/admin/venues', { params, body: { name: 'Hall', address: 'Main St 1' } }),
  )
  const concert = await eventually(() =>
    admin.POST('/api/v1/admin/concerts', { params, body: { title: 'Night' } }),
  )
  const { concertId } = concert.data
  const now = Date.now()
  const at = (ms: number): string => new Date(now + ms).toISOString()
  const schedule = await eventually(() =>
    admin.POST('/api/v1/admin/concerts/{concertId}/schedules', {
      params: { ...params, path: { concertId } },
      body: {
        venueId: venue.data.venueId,
        performanceAt: at(14 * day),
        ...(waitingRoomInMs === undefined ? {} : { waitingRoomOpenAt: at(waitingRoomInMs) }),
        bookingOpenAt: at(bookingInMs),
        bookingCloseAt: at(13 * day),
        sections: [{ section: 'A', grade: 'R', price: PRICE, rows: 1, seatsPerRow: seats }],
      },
    }),
  )
  const { scheduleId, bookingOpenAt } = schedule.data
  return { concertId, scheduleId, bookingOpenAt }
}

/** Puts money into a wallet and joins the waiting room; returns the queue token, ACTIVE. */
export async function enter(
  network: OnSaleNetwork,
  userId: string,
  scheduleId: number,
  money = 0,
): Promise<string> {
  const client = clientOf(network, userId)
  if (money > 0) {
    const params = { path: { userId }, header: { 'Idempotency-Key': randomUUID() } }
    await eventually(async () => {
      const body = { amount: money }
      const charged = await client.POST('/api/v1/users/{userId}/balance/charge', { params, body })
      if (charged.status !== 200) throw new Error(`not charged: ${JSON.stringify(charged.data)}`)
    })
  }
  const { token } = (await eventually(() => takePlace(client, scheduleId))).data
  await eventually(
    async () => {
      const me = await client.GET('/api/v1/queue/tokens/me', { queueToken: token })
      if (me.data.status !== 'ACTIVE') throw new Error(`not admitted: ${JSON.stringify(me.data)}`)
    },
    { everyMs: 200 },
  )
  return token
}

/** A join that had no answer may have been made all the same; its place is the one that a new token is asked for. */
async function takePlace(client: Client, scheduleId: number) {
  const body = { scheduleId }
  try {
    return await client.POST('/api/v1/queue/tokens', { body })
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'QUEUE_TOKEN_EXISTS') throw error
    return client.PUT('/api/v1/queue/tokens', { body })
  }
}

/** The API as one person calls it; whatever is refused throws. */
function clientOf(network: OnSaleNetwork, userId: string, options: { admin?: boolean } = {}): Client {
  return createClient({ baseUrl: network.url, token: () => tokenFor(userId, options) })
}

/** Waits until nothing is at work any more and every invariant holds; returns the report. */
export function auditHolds(network: Pick<OnSaleNetwork, 'call'>): Promise<Answer['data']> {
  return eventually(
    async () => {
      const answer = await network.call('GET', '/api/v1/admin/audit', { as: 'admin', admin: true })
      expect(answer.status).toBe(200)
      expect(answer.data.invariants.flatMap((one: { violations: string[] }) => one.violations)).toEqual([])
      expect(answer.data).toMatchObject({ holds: true, unsettled: 0 })
      return answer.data
    },
    { everyMs: 500 },
  )
}
