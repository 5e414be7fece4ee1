import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, networkInterfaces } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { httpStatus } from './http-status.ts'
import { whyNotListen } from './ports.ts'
import { startProcess } from './process.ts'
import type { Placement, RunningProcess } from './process.ts'
import { putAsideWhenFull } from './rotating-log.ts'
import { asAccount, canChangeAccount, canEnter, findAccount } from './run-as.ts'
import type { Account } from './run-as.ts'
import { runCommand, tryCommand } from './run-command.ts'
import { SetupProblem } from './setup-problem.ts'
import { watchInstances } from './watch-instances.ts'
import { watchNetworks, writeNetworks } from './watch-networks.ts'
import type { NetworkFolders } from './watch-networks.ts'

/** One group of servers that Nginx spreads requests over: its name in the template, and each `host:port`. */
export type Upstreams = Readonly<Record<string, readonly string[]>>

/** Where and how one Nginx runs. */
export interface NginxOptions extends Placement {
  /** The program, as `ensurePrograms` found it. */
  program: string
  /** A configuration with `${NAMES}`, see `renderTemplate`. Other `*.conf.template` beside it are filled in too, for it to include. */
  templateFile: string
  stateFolder: string
  accessLogFile: string
  /** The built pages; without them every path that is not the API's is 404. */
  pagesFolder?: string
  port: number
  tlsPort: number
  certificate: Certificate
  upstreams: Upstreams
  /** How long one instance has to answer a read; by default a reader waits 2 s at most. Tests on busy machines have more patience. */
  readTimeoutSeconds?: number
  /** Whether instances that don't answer are taken out; see `watchInstances`. */
  watchesInstances?: boolean
  /** How much one client may ask for before it is answered 429, by the names in the template. */
  rateLimits: Readonly<Record<string, number>>
  /** How clients reach it, by the names in the template. */
  connections?: Readonly<Partial<ConnectionSettings>>
  /** Folder with the lists `blocked` and `exempt`, which may change while it runs. */
  networksFolder?: string
  /** Files that one of its processes may have open; by default as many as this machine lets a process of ours have. */
  openFilesMax?: number
  /** What the pages are told, by the names in the template; no issuer where nobody can sign in. */
  pageSettings?: Readonly<Partial<Record<PageSetting, string | number | undefined>>>
}

interface ConnectionSettings {
  REDIRECT_TO_HTTPS: 'yes' | 'no'
  /** The port in redirects, where it is not the TLS port itself. */
  HTTPS_PORT: number | undefined
  PROXY_PROTOCOL: 'yes' | 'no'
  TRUSTED_PROXIES: string
  BLOCKED_NETWORKS: string
  EXEMPT_NETWORKS: string
}

type PageSetting =
  | 'OIDC_ISSUER'
  | 'OIDC_CLIENT_ID'
  | 'OIDC_RESOURCE'
  | 'STRIPE_CURRENCY'
  | 'PAGES_TEST_CARDS'
  | 'STRIPE_PUBLISHABLE_KEY'
  | 'SEATS_PER_USER_MAX'
  | 'CHARGE_AMOUNT_MIN'
  | 'CHARGE_AMOUNT_MAX'

/** What `renderTemplate` puts in the places of a template, by their names. */
type TemplateSettings = Readonly<Record<string, string | number>>

/** A TLS certificate and its key. */
export interface Certificate {
  certificateFile: string
  keyFile: string
}

const WORKERS_MAX = 4
const CHECK_TIMEOUT_MS = 15_000
const READY_DEADLINE_MS = 15_000
/** A payment waits up to 5 s for its outcome, and its answer may take 3 s more. Event streams are cut off then. */
const STOP_DEADLINE_MS = 9_000
const CERTIFICATE_DAYS = 3650
/** At 10,000 refusals a second, more than a small machine makes, a log grows by some 6 MB in this time. */
const ACCESS_LOG_LOOK_EVERY_MS = 2_000

/** Renders the configuration, has Nginx check it, and runs Nginx. */
export async function startNginx(options: NginxOptions): Promise<RunningProcess> {
  mkdirSync(options.stateFolder, { recursive: true, mode: 0o700 })
  mkdirSync(dirname(options.accessLogFile), { recursive: true })
  const file = join(options.stateFolder, 'nginx.conf')
  writeNetworks(networkFolders(options))
  const configure = configuring(file, options, await versionOf(options.program))
  configure(new Set())
  const account = await accountFor([
    options.stateFolder,
    dirname(options.accessLogFile),
    dirname(options.certificate.certificateFile),
    dirname(options.certificate.keyFile),
    pagesFolder(options),
  ])
  if (account !== undefined) chownFiles(options, account)
  // Without -e Nginx would first open the log path it was compiled with, which belongs to root.
  const args = ['-p', options.stateFolder, '-e', 'stderr', '-g', 'daemon off;', '-c', file]
  const check = asAccount(options.program, [...args, '-t', '-q'], account)
  const checked = await tryCommand(check.command, check.args, { timeoutMs: CHECK_TIMEOUT_MS })
  if (checked.status !== 0)
    throw new SetupProblem(`Nginx refuses its configuration: ${checked.output.trim()}`)
  const running = await startProcess({
    name: 'Nginx',
    command: options.program,
    args,
    account,
    logFile: options.logFile,
    logLimits: options.logLimits,
    pidFile: options.pidFile,
    signal: options.signal,
    // The graceful stop: requests in hand are answered.
    stopSignal: 'SIGQUIT',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    isReady: () => isLive(options),
  })
  rotateAccessLog(running, options)
  followNetworks(running, options)
  if (options.watchesInstances === true) takeOutTheFailed(running, options, configure)
  return running
}

/** Returns a function that writes the configuration for when these instances are out. */
function configuring(
  file: string,
  options: NginxOptions,
  version: NginxVersion,
): (out: ReadonlySet<string>) => void {
  const templates = readTemplates(file, options.templateFile)
  const settings = templateSettings(options, version)
  return (out) => {
    const filled = { ...settings, ...serverLines(options.upstreams, out) }
    for (const [name, template] of templates) replaceFile(name, renderTemplate(template, filled))
  }
}

/** The main template, which becomes `file`, and those beside it, which it includes by their names. */
function readTemplates(file: string, templateFile: string): [file: string, template: string][] {
  const folder = dirname(templateFile)
  const others = readdirSync(folder).filter(
    (name) => name.endsWith('.conf.template') && name !== basename(templateFile),
  )
  return [
    [file, readFileSync(templateFile, 'utf8')],
    ...others.map((name): [string, string] => [
      join(dirname(file), basename(name, '.template')),
      readFileSync(join(folder, name), 'utf8'),
    ]),
  ]
}

/** Nginx may read a file at any time, and must not find half of it. */
function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

/** Has Nginx read the lists of networks again when they change. */
function followNetworks(running: RunningProcess, options: NginxOptions): void {
  const ended = new AbortController()
  void running.exited.then(() => ended.abort())
  void watchNetworks(networkFolders(options), ended.signal, () => running.send('SIGHUP'))
}

/** SIGHUP makes Nginx read its configuration again: new workers take the new requests, the old ones end those in hand. */
function takeOutTheFailed(
  running: RunningProcess,
  { upstreams }: NginxOptions,
  configure: (out: ReadonlySet<string>) => void,
): void {
  const ended = new AbortController()
  void running.exited.then(() => ended.abort())
  void watchInstances({
    addresses: [...new Set(Object.values(upstreams).flat())],
    signal: ended.signal,
    onChange: (out) => {
      configure(out)
      running.send('SIGHUP')
    },
  })
}

/** Who each group consists of. Nginx answers 502 at once, which the template makes 503, where all of a group are down. */
function serverLines(upstreams: Upstreams, out: ReadonlySet<string>): TemplateSettings {
  return Object.fromEntries(
    Object.entries(upstreams).map(([name, addresses]) => [
      `${name.toUpperCase()}_SERVERS`,
      addresses
        .map((address) => `server ${address} max_fails=3 fail_timeout=5s${out.has(address) ? ' down' : ''};`)
        .join('\n    '),
    ]),
  )
}

/** Nginx writes this log itself, and opens it again when it is asked to. */
function rotateAccessLog(running: RunningProcess, { accessLogFile, logLimits }: NginxOptions): void {
  if (logLimits === undefined) return
  const look = setInterval(() => {
    if (putAsideWhenFull(accessLogFile, logLimits)) running.send('SIGUSR1')
  }, ACCESS_LOG_LOOK_EVERY_MS).unref()
  void running.exited.then(() => clearInterval(look))
}

/** Whether it answers. With the PROXY protocol nobody can ask who does not speak it, so that it listens has to be enough. */
async function isLive({ port, connections }: NginxOptions): Promise<boolean> {
  if (connections?.PROXY_PROTOCOL === 'yes') return (await whyNotListen(port)) !== null
  return (await httpStatus(port, '/health/live')) === 200
}

/** Fills in a template; a name without a value is an error, since Nginx would read it as a variable of its own. */
export function renderTemplate(template: string, settings: TemplateSettings): string {
  return template.replaceAll(/\$\{([A-Z_]+)\}/g, (_whole, name: string) => {
    const value = settings[name]
    if (value === undefined) throw new Error(`the template names \${${name}}, which has no value`)
    return String(value)
  })
}

function pagesFolder(options: NginxOptions): string {
  return options.pagesFolder ?? options.stateFolder
}

function templateSettings(options: NginxOptions, version: NginxVersion): TemplateSettings {
  const areSeveral = Object.values(options.upstreams).every((addresses) => addresses.length > 1)
  return {
    // Nginx wants a server in each group. Nobody asks this one.
    IDENTITY_SERVERS: 'server 127.0.0.1:9 down;',
    // A reader waits 2 s at most: for one instance, or for two in turn.
    READ_TIMEOUT: `${options.readTimeoutSeconds ?? (areSeveral ? 1 : 2)}s`,
    // The default of the setting, for tests and benches that name limits of requests only.
    HSTS_SECONDS: 31_536_000,
    ...options.rateLimits,
    ...fileLimits(options.openFilesMax ?? openFilesOfAProcess()),
    HTTPS_REDIRECT: httpsRedirect(options),
    IDENTITY_IS_HERE: options.upstreams['identity'] === undefined ? 'no' : 'yes',
    IDENTITY_ACCESS: 'allow 127.0.0.0/8; allow ::1; deny all;',
    OIDC_ISSUER: options.pageSettings?.OIDC_ISSUER ?? '',
    OIDC_CLIENT_ID: options.pageSettings?.OIDC_CLIENT_ID ?? '',
    OIDC_RESOURCE: options.pageSettings?.OIDC_RESOURCE ?? '',
    STRIPE_CURRENCY: options.pageSettings?.STRIPE_CURRENCY ?? 'krw',
    PAGES_TEST_CARDS: options.pageSettings?.PAGES_TEST_CARDS ?? 'no',
    STRIPE_PUBLISHABLE_KEY: options.pageSettings?.STRIPE_PUBLISHABLE_KEY ?? '',
    SEATS_PER_USER_MAX: options.pageSettings?.SEATS_PER_USER_MAX ?? 6,
    CHARGE_AMOUNT_MIN: options.pageSettings?.CHARGE_AMOUNT_MIN ?? 1_000,
    CHARGE_AMOUNT_MAX: options.pageSettings?.CHARGE_AMOUNT_MAX ?? 1_000_000,
    GATEWAY_ID: randomBytes(4).toString('hex'),
    WORKERS: Math.min(availableParallelism(), WORKERS_MAX),
    STATE_FOLDER: checkedPath(options.stateFolder),
    ACCESS_LOG: checkedPath(options.accessLogFile),
    PAGES: checkedPath(options.pagesFolder ?? join(options.stateFolder, 'no-pages')),
    CERTIFICATE: checkedPath(options.certificate.certificateFile),
    CERTIFICATE_KEY: checkedPath(options.certificate.keyFile),
    RESOLVER: '',
    REAL_ADDRESS: realAddress(options),
    TRUSTED_NETWORKS: networkLines(options.connections?.TRUSTED_PROXIES),
    BLOCKED_NETWORKS: networkLines(options.connections?.BLOCKED_NETWORKS),
    EXEMPT_NETWORKS: networkLines(options.connections?.EXEMPT_NETWORKS),
    LISTEN: listenLines(options, version),
    HTTP_TWO: knowsHttp2Directive(version) ? 'http2 on;' : '',
    KEEPALIVE_MIN: knowsKeepaliveMin(version) ? 'keepalive_min_timeout 2s;' : '',
  }
}

/** The configuration has paths between quotes, so a path must not hold a character that is special there. */
function checkedPath(path: string): string {
  if (!/["$\\]/.test(path)) return path
  throw new SetupProblem(`the folder's name must be free of " $ and \\ for Nginx: ${path}`)
}

/** A crowd connects within a second, so many connections must be able to wait until they are accepted. */
const BACKLOG = 4096

function listenLines({ port, tlsPort, connections }: NginxOptions, version: NginxVersion): string {
  const isProxied = connections?.PROXY_PROTOCOL === 'yes'
  const addresses = hasIpv6() ? ['', '[::]:'] : ['']
  const tls = knowsHttp2Directive(version) ? 'ssl' : 'ssl http2'
  const lines = addresses.flatMap((address) => {
    const only = (address === '' ? '' : ' ipv6only=on') + (isProxied ? ' proxy_protocol' : '')
    return [
      `listen ${address}${port} backlog=${BACKLOG}${only};`,
      `listen ${address}${tlsPort} ${tls} backlog=${BACKLOG}${only};`,
    ]
  })
  return lines.join('\n    ')
}

interface NginxVersion {
  major: number
  minor: number
  patch: number
}

/** Some directives have another form in newer versions, which warn of the old one. */
async function versionOf(program: string): Promise<NginxVersion> {
  const { output } = await tryCommand(program, ['-v'], { timeoutMs: CHECK_TIMEOUT_MS })
  const [, major, minor, patch] = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(output) ?? []
  if (major === undefined)
    throw new SetupProblem(`${program} does not say which Nginx it is: ${output.trim()}`)
  return { major: Number(major), minor: Number(minor), patch: Number(patch) }
}

/** Since 1.25.1 `http2 on` is right and `listen … http2` is warned of. With it a client of the plain port may speak HTTP/2 at once, too. */
function knowsHttp2Directive({ major, minor, patch }: NginxVersion): boolean {
  return major > 1 || minor > 25 || (minor === 25 && patch >= 1)
}

/** Since 1.27.4 a reload can leave connections open that a client has used just now, and may be about to use again. */
function knowsKeepaliveMin({ major, minor, patch }: NginxVersion): boolean {
  return major > 1 || minor > 27 || (minor === 27 && patch >= 4)
}

const CONNECTIONS_MAX = 16_384
/** Files beside the connections: listening sockets, logs, answers that are kept (open_file_cache has 1,000 of them). */
const FILES_BESIDE = 2_048

function fileLimits(openFilesMax: number): { OPEN_FILES: number; WORKER_CONNECTIONS: number } {
  const files = Math.min(openFilesMax, CONNECTIONS_MAX + FILES_BESIDE)
  return {
    OPEN_FILES: files,
    WORKER_CONNECTIONS: Math.max(64, files - Math.min(FILES_BESIDE, Math.ceil(files / 2))),
  }
}

/** The hard limit of our own process, which is inherited. */
function openFilesOfAProcess(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  const hard = /^Max open files +\S+ +(\d+|unlimited)/m.exec(limits)?.[1]
  return hard === undefined || hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard)
}

function networkFolders({ networksFolder, stateFolder }: NginxOptions): NetworkFolders {
  return { networksFolder, stateFolder }
}

function networksIn(list = ''): string[] {
  return list.split(/\s+/).filter((network) => network !== '')
}

function networkLines(list: string | undefined): string {
  return networksIn(list)
    .map((network) => `${network} 1;`)
    .join('\n    ')
}

/** The client's address is the last one in the header that is not a trusted proxy's. */
function realAddress({ connections = {} }: NginxOptions): string {
  const proxies = networksIn(connections.TRUSTED_PROXIES).map((network) => `set_real_ip_from ${network};`)
  if (proxies.length === 0) return ''
  const header = connections.PROXY_PROTOCOL === 'yes' ? 'proxy_protocol' : 'X-Forwarded-For'
  return [...proxies, `real_ip_header ${header};`, 'real_ip_recursive on;'].join('\n  ')
}

function httpsRedirect({ connections = {}, tlsPort }: NginxOptions): string {
  if (connections.REDIRECT_TO_HTTPS !== 'yes') return ''
  const httpsPort = connections.HTTPS_PORT ?? tlsPort
  const host = httpsPort === 443 ? '$host' : `$host:${httpsPort}`
  return `if ($is_sent_to_https) { return 308 https://${host}$request_uri; }`
}

function hasIpv6(): boolean {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.some((address) => address.family === 'IPv6')
}

/** Nginx must not serve as root. Where we are root, it gets the account that Debian's package made for it. */
async function accountFor(folders: readonly string[]): Promise<Account | undefined> {
  if (!canChangeAccount()) return undefined
  const ids = await findAccount(['www-data', 'nginx', 'nobody'])
  if (ids === null) return undefined
  const reachable = await Promise.all(folders.map((folder) => canEnter(ids, folder)))
  return { ...ids, passFolders: reachable.includes(false) }
}

/** Gives the files that Nginx writes, and the certificate that it reads, to the account it runs as. */
function chownFiles(options: NginxOptions, account: Account): void {
  closeSync(openSync(options.accessLogFile, 'a'))
  const { certificateFile, keyFile } = options.certificate
  for (const path of [options.stateFolder, options.accessLogFile, certificateFile, keyFile]) {
    chownSync(path, account.uid, account.gid)
  }
}

/** A self-signed certificate for this machine, made once. */
export async function ensureCertificate(openssl: string, folder: string): Promise<Certificate> {
  const certificate = {
    certificateFile: join(folder, 'certificate.pem'),
    keyFile: join(folder, 'certificate-key.pem'),
  }
  if (existsSync(certificate.certificateFile) && existsSync(certificate.keyFile)) return certificate
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  args.push('-days', String(CERTIFICATE_DAYS), '-subj', '/CN=localhost')
  args.push('-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1')
  args.push('-keyout', certificate.keyFile, '-out', certificate.certificateFile)
  await runCommand('making a TLS certificate with openssl', openssl, args, { timeoutMs: CHECK_TIMEOUT_MS })
  return certificate
}
