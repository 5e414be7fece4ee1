import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, networkInterfaces } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { NginxOptions } from './nginx-options.ts'
import { SetupProblem } from './setup-problem.ts'

/** What `renderTemplate` puts in the places of a template, by their names. */
type TemplateSettings = Readonly<Record<string, string | number>>

const WORKERS_MAX = 4

/** Returns a function that writes the configuration for when these instances are out: `file`, and beside it what it includes. */
export function configuring(
  file: string,
  options: NginxOptions,
  version: NginxVersion,
): (out: ReadonlySet<string>) => void {
  const templates = readTemplates(file, options.templateFile)
  const settings = templateSettings(options, version)
  return (out) => {
    const filled = { ...settings, ...serverLines(options, out) }
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

/**
 * Writes a file anew. Nginx may read it at any time, and must not find half of it. The folder is the account's that Nginx has, so that what
 * stands there under the new name is never written through.
 */
export function replaceFile(file: string, text: string): void {
  rmSync(`${file}.new`, { force: true })
  writeFileSync(`${file}.new`, text, { flag: 'wx' })
  renameSync(`${file}.new`, file)
}

/** Services whose writes may wait for a provider and for other services. */
const TAKE_MONEY = new Set(['payment', 'wallet'])

/**
 * Who each group consists of, and how much each of them may have in work. `max_fails=0`: a read that had no answer in time says as much of a
 * slow database or a busy machine as of its instance, so `watchInstances` alone takes instances out. Nginx answers 502 at once, which the
 * template makes 503, where all of a group are down or have as much.
 */
function serverLines({ upstreams, rateLimits }: NginxOptions, out: ReadonlySet<string>): TemplateSettings {
  const lines = (addresses: readonly string[], inWorkMax: number | undefined): string =>
    addresses
      .map((address) => {
        const bound = inWorkMax === undefined ? '' : ` max_conns=${inWorkMax}`
        return `server ${address} max_fails=0${bound}${out.has(address) ? ' down' : ''};`
      })
      .join('\n  ')
  const settings = Object.entries(upstreams).flatMap(([name, addresses]) => {
    const writes = rateLimits[TAKE_MONEY.has(name) ? 'PAYMENTS_IN_WORK' : 'WRITES_IN_WORK']
    return [
      [`${name.toUpperCase()}_SERVERS`, lines(addresses, undefined)],
      [`${name.toUpperCase()}_READS_SERVERS`, lines(addresses, rateLimits['READS_IN_WORK'])],
      [`${name.toUpperCase()}_WRITES_SERVERS`, lines(addresses, writes)],
    ]
  })
  return Object.fromEntries(settings)
}

/** Fills in a template; a name without a value is an error, since Nginx would read it as a variable of its own. */
function renderTemplate(template: string, settings: TemplateSettings): string {
  return template.replaceAll(/\$\{([A-Z_]+)\}/g, (_whole, name: string) => {
    const value = settings[name]
    if (value === undefined) throw new Error(`the template names \${${name}}, which has no value`)
    return String(value)
  })
}

function templateSettings(options: NginxOptions, version: NginxVersion): TemplateSettings {
  // The identity provider for development is one process whatever the services are, and its paths have deadlines of their own.
  const { identity: _one, ...services } = options.upstreams
  const areSeveral = Object.values(services).every((addresses) => addresses.length > 1)
  return {
    // Nginx wants a server in each group. Nobody asks this one.
    IDENTITY_SERVERS: 'server 127.0.0.1:9 down;',
    // A reader waits 2 s at most: for one instance, or for two in turn.
    READ_TIMEOUT: `${options.readTimeoutSeconds ?? (areSeveral ? 1 : 2)}s`,
    ...options.rateLimits,
    ...fileLimits(options.openFilesMax ?? openFilesOfAProcess()),
    HTTPS_REDIRECT: httpsRedirect(options),
    TRANSPORT_POLICY: transportPolicy(options),
    IDENTITY_IS_HERE: options.upstreams['identity'] === undefined ? 'no' : 'yes',
    IDENTITY_ACCESS: 'allow 127.0.0.0/8; allow ::1; deny all;',
    OIDC_ISSUER: options.pageSettings?.OIDC_ISSUER ?? '',
    OIDC_CLIENT_ID: options.pageSettings?.OIDC_CLIENT_ID ?? '',
    OIDC_RESOURCE: options.pageSettings?.OIDC_RESOURCE ?? '',
    STRIPE_CURRENCY: options.pageSettings?.STRIPE_CURRENCY ?? 'krw',
    STRIPE_PUBLISHABLE_KEY: options.pageSettings?.STRIPE_PUBLISHABLE_KEY ?? '',
    JOIN_CHECK: options.pageSettings?.JOIN_CHECK ?? 'none',
    PAGES_TEST_CARDS: options.pageSettings?.PAGES_TEST_CARDS ?? 'no',
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

/** Which Nginx it is: some directives have another form in newer ones. */
export interface NginxVersion {
  major: number
  minor: number
  patch: number
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

/** Browsers keep it for all ports of the host, so it is said where this is the host's HTTPS, not where others may have HTTP beside it. */
function transportPolicy({ connections = {}, rateLimits, tlsPort }: NginxOptions): string {
  const isHttpsOfHost = connections.REDIRECT_TO_HTTPS === 'yes' || (connections.HTTPS_PORT ?? tlsPort) === 443
  // The default of the setting, for tests and benches that name limits of requests only.
  return isHttpsOfHost ? `max-age=${rateLimits['HSTS_SECONDS'] ?? 31_536_000}` : ''
}

function hasIpv6(): boolean {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.some((address) => address.family === 'IPv6')
}
