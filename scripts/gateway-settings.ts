import { cardSettings } from '@frontrow/card-provider/card-settings'
import { SEATS_MAX } from '@frontrow/proto/values'
import { readConfig, whole } from '@frontrow/service-host/config'
import { nodeEnv } from '@frontrow/settings/node-env'
import { z } from 'zod'
import { joinCheckKinds } from '../services/queue/src/join-check/join-check.ts'

const count = (fallback?: number) => whole(1, 1_000_000, fallback)

const perSecond = (fallback: number, what: string) =>
  count(fallback).describe(`${what}: of one address in a second`)
const burst = (fallback: number, what: string) =>
  count(fallback).describe(`${what}: of one address at once, above that rate`)
const inWork = (fallback: number, what: string) =>
  count(fallback).describe(`${what}: in work at once at one instance; one more is answered 503 at once`)

// A browser polls once a second and makes about ten calls to buy; an address may be an office with hundreds of people.
const limitSettings = z.object({
  ADDRESS_REQUESTS_PER_SECOND: count(500).describe(
    'requests of one address in a second; more are answered 429. An office can share an address',
  ),
  ADDRESS_BURST: count(1_000).describe('requests of one address that may come at once, above its rate'),
  ADDRESS_CONNECTIONS: count(2_000).describe(
    'requests of one address in work at once, event streams among them',
  ),
  TOKEN_REQUESTS_PER_SECOND: count(20).describe('requests with one token in a second; more are answered 429'),
  TOKEN_BURST: count(100).describe('requests with one token that may come at once, above its rate'),
  ADDRESS_ANONYMOUS_PER_SECOND: perSecond(40, 'requests without any token, but for pages and now-serving'),
  ADDRESS_ANONYMOUS_BURST: burst(300, 'requests without any token, but for pages and now-serving'),
  ADDRESS_READS_PER_SECOND: perSecond(
    10,
    'reads of what is public: concerts, lists of schedules, layouts, keys, the API reference',
  ),
  ADDRESS_READS_BURST: burst(
    600,
    'reads of what is public: concerts, lists of schedules, layouts, keys, the API reference',
  ),
  ADDRESS_SCHEDULES_PER_SECOND: perSecond(100, 'reads of one schedule, which its page repeats every 5 s'),
  ADDRESS_SCHEDULES_BURST: burst(600, 'reads of one schedule, which its page repeats every 5 s'),
  ADDRESS_LOG_PAGES_PER_SECOND: perSecond(1, "pages of a room's log of admissions (fairness)"),
  ADDRESS_LOG_PAGES_BURST: burst(60, "pages of a room's log of admissions (fairness)"),
  ADDRESS_JOINS_PER_SECOND: perSecond(100, 'joins of a waiting room'),
  ADDRESS_JOINS_BURST: burst(1_000, 'joins of a waiting room'),
  ADDRESS_CHALLENGES_PER_SECOND: perSecond(
    100,
    'challenges of the check at the join, of which each join needs one',
  ),
  ADDRESS_CHALLENGES_BURST: burst(1_000, 'challenges of the check at the join, of which each join needs one'),
  ADDRESS_HOLDS_PER_SECOND: perSecond(100, 'holds, refreshes and cancellations'),
  ADDRESS_HOLDS_BURST: burst(500, 'holds, refreshes and cancellations'),
  ADDRESS_PAYMENTS_PER_SECOND: perSecond(50, 'payments, charges and uses of points'),
  ADDRESS_PAYMENTS_BURST: burst(300, 'payments, charges and uses of points'),
  ADDRESS_STREAMS_PER_SECOND: perSecond(50, 'event streams that are opened'),
  ADDRESS_STREAMS_BURST: burst(1_000, 'event streams that are opened'),
  ADDRESS_ADMIN_PER_SECOND: perSecond(50, 'requests of admins'),
  ADDRESS_ADMIN_BURST: burst(500, 'requests of admins'),
  READS_IN_WORK: inWork(320, 'reads, polls among them'),
  WRITES_IN_WORK: inWork(160, 'joins and what else changes a place, holds, and what admins write'),
  PAYMENTS_IN_WORK: inWork(2_048, 'payments, charges and uses of points, which may wait for a provider'),
  HSTS_SECONDS: whole(0, 63_072_000, 31_536_000).describe(
    'for how long browsers that came by HTTPS come by nothing else (Strict-Transport-Security); said where HTTPS has port 443 or REDIRECT_TO_HTTPS is `yes`, since it holds for all ports, and never under the name localhost; 0 takes it back',
  ),
})

// They are written into Nginx's configuration as they are.
const networks = z
  .string()
  .regex(
    /^\s*(?:[0-9A-Fa-f.:]+(?:\/\d{1,3})?(?:\s+|$))*$/,
    'must be addresses or networks with blanks between them',
  )
  .default('')

const connectionSettings = z.object({
  REDIRECT_TO_HTTPS: z
    .enum(['yes', 'no'])
    .default('no')
    .describe('`yes` sends who comes by plain HTTP to HTTPS, but for /health'),
  HTTPS_PORT: whole(1, 65_535)
    .optional()
    .describe('port of HTTPS as clients see it, for that redirect; TLS_PORT where it is not set'),
  TRUSTED_PROXIES: networks.describe(
    'networks of balancers and CDNs in front of the gateway, such as 10.0.0.0/8 fd00::/8: the client is whom their X-Forwarded-For names. Nobody else is believed',
  ),
  BLOCKED_NETWORKS: networks.describe('networks that are answered 403'),
  EXEMPT_NETWORKS: networks.describe(
    'networks without the limits by address; this machine has none either. The limits by token and by person hold for all',
  ),
})

// They are written into the answer of /config.json as they are, so they must be free of what has a meaning there or for Nginx.
const inConfig = /^[^\s"'\\$;{}]*$/

/** What GET /config.json tells the pages: where they sign people in, in which currency they sell, and how much at once. */
const pageSettings = z.object({
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .regex(inConfig)
    .optional()
    .describe(
      'address of the identity provider that the pages sign in at; npm start and Compose have one for development where JWKS_URL is not set',
    ),
  OIDC_CLIENT_ID: z
    .string()
    .regex(inConfig)
    .default('frontrow-web')
    .describe('the name of the pages at the identity provider, as a public client'),
  OIDC_RESOURCE: z
    .string()
    .regex(inConfig)
    .default('')
    .describe(
      'the resource that the pages ask access for (RFC 8707), where the identity provider needs one; JWT_AUDIENCE is what its tokens name then',
    ),
  STRIPE_CURRENCY: cardSettings.STRIPE_CURRENCY.describe(
    'currency that the pages write amounts in: the one that payment and wallet take money in',
  ),
  STRIPE_PUBLISHABLE_KEY: z
    .string()
    .regex(/^pk_(?:test|live)_[A-Za-z0-9]+$/, 'must be a publishable key of Stripe: pk_test_… or pk_live_…')
    .optional()
    .describe(
      "Stripe's publishable key, of the same account as STRIPE_SECRET_KEY: the pages take real cards by Stripe's form; without it they take none",
    ),
  JOIN_CHECK: z
    .enum(joinCheckKinds)
    .default('none')
    .describe(
      'as the queue has it: the pages answer it before they join, and their policy lets in what a widget needs',
    ),
  SEATS_PER_USER_MAX: whole(1, SEATS_MAX, 6).describe(
    'as the reservation service has it: how many seats the pages offer',
  ),
  CHARGE_AMOUNT_MIN: whole(1, Number.MAX_SAFE_INTEGER, 1_000).describe(
    'as the wallet has it: the smallest charge that the pages take',
  ),
  CHARGE_AMOUNT_MAX: whole(1, 1_000_000_000, 1_000_000).describe(
    'as the wallet has it: the largest charge that the pages take',
  ),
})

const pageCards = {
  PAGES_TEST_CARDS: z
    .enum(['yes', 'no'])
    .default('no')
    .describe(
      "whether the pages offer the simulator's cards: `yes` where cards are simulated. Compose sets it, and npm start where there is no STRIPE_SECRET_KEY",
    ),
}

/** The checked form of these settings. */
export type PageSettings = z.output<typeof pageSettings> & { PAGES_TEST_CARDS: 'yes' | 'no' }

/** Settings of the gateway. These and the ones below have the names and defaults of deploy/gateway/start-gateway.sh. */
export const gatewaySettings = limitSettings.extend({
  NODE_ENV: nodeEnv,
  ...connectionSettings.shape,
  PROXY_PROTOCOL: z
    .enum(['yes', 'no'])
    .default('no')
    .describe(
      '`yes` where TRUSTED_PROXIES begin each connection with the PROXY protocol; nobody else can connect then, the tools of this repository neither. Not under npm start',
    ),
  ...pageSettings.shape,
})

/** Further settings of start-gateway.sh, which the images set or the script finds out. */
export const gatewayWiring = z.object({
  ...pageCards,
  WORKERS: count()
    .optional()
    .describe('processes of Nginx; as many as there are cores, at most 4, where it is not set'),
  RESOLVER_ADDRESS: z.string().optional().describe("name server; the container's own where it is not set"),
  UPSTREAM_DOMAIN: z
    .string()
    .default('')
    .describe(
      "put behind the services' names, such as .frontrow.svc.cluster.local: Nginx knows no search domains",
    ),
  SERVERS_EACH: count(1).describe(
    '2 where one address stands for several instances, so that a refused connection is tried again',
  ),
  NETWORKS_FOLDER: z
    .string()
    .default('/networks')
    .describe(
      'folder with the files `blocked` and `exempt`, a network a line, which are read again when they change; under npm start it is `networks` in DATA_DIR',
    ),
  CERTIFICATES: z
    .string()
    .default('/certificates')
    .describe('folder with tls.crt and tls.key; where they are missing, a self-signed pair is made'),
  DEVELOPMENT_ISSUER: z
    .string()
    .default('')
    .describe('address of the identity provider for development, behind this gateway; Compose sets it'),
  OPERATORS_JWKS_URL: z
    .string()
    .default('')
    .describe(
      'JWKS_URL as Compose was given it: where there is one, the identity provider for development is not used',
    ),
  OPERATORS_JWT_SECRET_FILE: z
    .string()
    .default('')
    .describe('JWT_SECRET_FILE as Compose was given it, for the same; nobody reads that file here'),
  PAGES: z.string().default('/pages').describe('folder of the built pages, which the image has'),
  STATE_FOLDER: z.string().default('/tmp/gateway').describe('folder that Nginx writes to'),
  ACCESS_LOG: z
    .string()
    .default('/dev/stdout')
    .describe('file that refused and failed requests are logged to'),
})

/** Reads what the pages are told. */
export function readPageSettings(env: NodeJS.ProcessEnv): PageSettings {
  return readConfig(pageSettings.extend(pageCards), env)
}

/** Reads how clients reach the gateway. */
export function readConnectionSettings(env: NodeJS.ProcessEnv): z.output<typeof connectionSettings> {
  return readConfig(connectionSettings, env)
}

/** Reads how much one client may ask for before it is answered 429, as the gateway's template names it. */
export function readRateLimits(env: NodeJS.ProcessEnv): z.output<typeof limitSettings> {
  return readConfig(limitSettings, env)
}
