import type { Placement } from './process.ts'

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
  | 'STRIPE_PUBLISHABLE_KEY'
  | 'PAGES_TEST_CARDS'
  | 'JOIN_CHECK'
  | 'SEATS_PER_USER_MAX'
  | 'CHARGE_AMOUNT_MIN'
  | 'CHARGE_AMOUNT_MAX'

/** A TLS certificate and its key. */
export interface Certificate {
  certificateFile: string
  keyFile: string
}
