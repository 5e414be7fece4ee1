import { KEY_BYTES_MIN, PASSWORD_BYTES_MIN, isWeak, strengthRule } from './secret-strength.ts'
import { parseAddress, passwordOf } from './secret-settings.ts'

/** Texts of settings by their names; what is not set is not there. */
type Texts = Readonly<Record<string, string>>

/** What one setting has to be where NODE_ENV is production. */
export interface ProductionRule {
  name: string
  /** Follows "in production it must". */
  rule: string
  /** What to do instead: whole sentences. */
  instead: string
  /** Whether every process is held to it, and not only one that has such a setting. */
  ofAll?: boolean
  isBroken: (value: string | undefined, texts: Texts) => boolean
}

const notSet = (value: string | undefined): boolean => value !== undefined
const weak = (bytesMin: number) => (value: string | undefined) =>
  value !== undefined && isWeak(value, bytesMin)
const isPublicHttps = (value: string): boolean => {
  const url = URL.parse(value)
  return url?.protocol === 'https:' && !isThisMachine(url.hostname)
}
const required = (isFine: (value: string) => boolean) => (value: string | undefined) =>
  value === undefined || !isFine(value)
const optional = (isFine: (value: string) => boolean) => (value: string | undefined) =>
  value !== undefined && !isFine(value)

function isThisMachine(host: string): boolean {
  // No address that begins with :: is another machine's: loopback, "any", and the old spellings of IPv4.
  return /^(?:localhost|.+\.localhost|127\.[\d.]+|0\.0\.0\.0|\[::.*\])$/.test(host.replace(/\.$/, ''))
}

/** The least of a password in an address. Without one a database has to know its client by a certificate. */
function databaseRule(name: string, isNeeded: boolean): ProductionRule {
  return {
    name,
    rule: `name a password of ${strengthRule(PASSWORD_BYTES_MIN)}`,
    instead: 'Give the role a password of its own, such as `openssl rand -hex 32` makes.',
    isBroken: (value) => {
      if (value === undefined) return false
      const password = passwordOf(value)
      if (password === undefined) return isNeeded && !namesCertificate(value)
      return isWeak(password, PASSWORD_BYTES_MIN)
    },
  }
}

function namesCertificate(address: string): boolean {
  const { searchParams } = parseAddress(address) ?? {}
  return ['sslcert', 'sslkey'].every((name) => searchParams?.get(name))
}

const ROLE_PASSWORDS = ['QUEUE', 'CATALOG', 'RESERVATION', 'PAYMENT', 'WALLET'].map(
  (service) => `${service}_DB_PASSWORD`,
)

/** All rules of production, in the order in which they are told and shown. A setting may have several. */
export const productionRules: readonly ProductionRule[] = [
  {
    name: 'FAILPOINT',
    ofAll: true,
    rule: 'not be set',
    instead: 'It lets a test kill the process.',
    isBroken: notSet,
  },
  {
    name: 'NODE_TLS_REJECT_UNAUTHORIZED',
    ofAll: true,
    rule: 'not be 0',
    instead:
      'Whoever is on the way could be the other end. Name an authority of your own by NODE_EXTRA_CA_CERTS.',
    isBroken: (value) => value === '0',
  },
  {
    name: 'JWT_SECRET',
    rule: 'not be set',
    instead: 'Whoever can verify a token by it can make one. Set JWKS_URL.',
    isBroken: notSet,
  },
  {
    name: 'DEVELOPMENT_JWKS',
    rule: 'not be set',
    instead: 'Its keys are those of development.',
    isBroken: notSet,
  },
  {
    name: 'JWKS_URL',
    rule: 'be the https address of the keys of your identity provider, on another machine',
    instead:
      'The identity provider for development lets anybody in as anybody. docs/deploy.md has one set up (Sign-in).',
    isBroken: required(isPublicHttps),
  },
  {
    name: 'JWT_ISSUER',
    rule: 'be the https address of your identity provider, as its tokens name it',
    instead: 'It is `issuer` of its /.well-known/openid-configuration.',
    isBroken: required(isPublicHttps),
  },
  {
    name: 'OIDC_ISSUER',
    rule: 'be the https address of your identity provider',
    instead: 'It is what JWT_ISSUER is; the pages sign people in there.',
    isBroken: optional(isPublicHttps),
  },
  {
    name: 'DEVELOPMENT_ISSUER',
    rule: 'be of no use: OIDC_ISSUER, or JWKS_URL under Compose, has to name an identity provider of your own',
    instead: 'The one for development lets anybody in as anybody.',
    isBroken: (value, texts) =>
      value !== undefined &&
      texts['OPERATORS_JWKS_URL'] === undefined &&
      texts['JWKS_URL'] === undefined &&
      [undefined, value].includes(texts['OIDC_ISSUER']),
  },
  {
    name: 'GRPC_CERTIFICATE_FILE',
    rule: 'be set, with GRPC_KEY_FILE and GRPC_CA_FILE, or GRPC_TLS be by-mesh',
    instead:
      'Without certificates whoever reaches the port of gRPC may do what other services may. docs/deploy.md has them set up (TLS inside).',
    isBroken: (value, texts) => value === undefined && texts['GRPC_TLS'] !== 'by-mesh',
  },
  databaseRule('DATABASE_URL', true),
  databaseRule('ADMIN_DATABASE_URL', true),
  databaseRule('CATALOG_READ_DATABASE_URL', false),
  ...ROLE_PASSWORDS.map((name) => ({
    name,
    rule: `be of ${strengthRule(PASSWORD_BYTES_MIN)}, and be no other role's`,
    instead: 'Make one for each, such as by `openssl rand -hex 32`.',
    isBroken: (value: string | undefined, texts: Texts) =>
      weak(PASSWORD_BYTES_MIN)(value) ||
      (value !== undefined && ROLE_PASSWORDS.some((other) => other !== name && texts[other] === value)),
  })),
  {
    name: 'REDIS_URL',
    rule: `name no password, or one of ${strengthRule(PASSWORD_BYTES_MIN)}`,
    instead: 'Give Redis another one, such as `openssl rand -hex 32` makes.',
    isBroken: (value) => weak(PASSWORD_BYTES_MIN)(value === undefined ? undefined : passwordOf(value)),
  },
  {
    name: 'KAFKA_PASSWORD',
    rule: `be of ${strengthRule(PASSWORD_BYTES_MIN)}`,
    instead: 'Give the user another one, such as `openssl rand -hex 32` makes.',
    isBroken: weak(PASSWORD_BYTES_MIN),
  },
  {
    name: 'JOIN_CHECK_SECRET',
    rule: `be of ${strengthRule(KEY_BYTES_MIN)}`,
    instead: 'Who guesses it needs no proof of work. Make one by `openssl rand -base64 32`.',
    isBroken: weak(KEY_BYTES_MIN),
  },
  {
    name: 'JOIN_CHECK_PROVIDER_SECRET',
    rule: 'not be a key for tests of its provider',
    instead: 'Whatever is answered passes with it. Take the key of your own site.',
    // Those of Turnstile and of hCaptcha, as they are published: hardly anything but zeros.
    isBroken: optional((value) => !/^[0-3]x0{8,}/.test(value)),
  },
  {
    name: 'JOIN_CHECK_VERIFY_URL',
    rule: 'be https and on another machine',
    instead: 'Leave it out: the default is the provider.',
    isBroken: optional(isPublicHttps),
  },
  {
    name: 'TICKET_SIGNING_KEY',
    rule: 'be a random key',
    instead: 'Who guesses it makes tickets. docs/tickets.md says how to make one.',
    isBroken: (value) => value !== undefined && isGuessable(value),
  },
  {
    name: 'STRIPE_SECRET_KEY',
    rule: `be a live key of Stripe (sk_live_… or rk_live_…) of ${strengthRule(KEY_BYTES_MIN)}`,
    instead:
      'Without one cards are simulated: whoever signs in buys, and charges a wallet, for nothing. docs/deploy.md has one set up (Cards by Stripe).',
    isBroken: required((value) => /^[rs]k_live_/.test(value) && !isWeak(value, KEY_BYTES_MIN)),
  },
  {
    name: 'STRIPE_API_URL',
    rule: 'be https and on another machine',
    instead: 'Leave it out: the default is Stripe.',
    isBroken: optional(isPublicHttps),
  },
  {
    name: 'STRIPE_WEBHOOK_SECRET',
    rule: `be of ${strengthRule(KEY_BYTES_MIN)}`,
    instead: 'Take the one that Stripe shows for the endpoint.',
    isBroken: weak(KEY_BYTES_MIN),
  },
  {
    name: 'STRIPE_RETURN_URL',
    rule: 'be https and on another machine',
    instead: "A bank's page returns to it. Leave it out where the pages are those of this system.",
    isBroken: optional(isPublicHttps),
  },
  {
    name: 'STRIPE_PUBLISHABLE_KEY',
    rule: 'be a live key of Stripe (pk_live_…)',
    instead: 'Take it from the account of STRIPE_SECRET_KEY.',
    isBroken: optional((value) => value.startsWith('pk_live_')),
  },
  {
    name: 'PAGES_TEST_CARDS',
    rule: 'not be yes',
    instead: 'Set it to no: there is no simulator in production.',
    isBroken: (value) => value === 'yes',
  },
  {
    name: 'WEBHOOK_ALLOW_PRIVATE',
    rule: 'not be yes',
    instead: 'A webhook could ask what only this network may.',
    isBroken: (value) => value === 'yes',
  },
  {
    name: 'SMTP_URL',
    rule: 'not name the mailbox for development',
    instead:
      'It shows all mail to whoever opens its page. Name a mail server, or none (under Compose SMTP_URL_FILE=./deploy/compose/none).',
    isBroken: optional((value) => !isMailbox(value)),
  },
  {
    name: 'MAIL_FROM',
    rule: 'be an address that answers can be sent to',
    instead: "Names such as example.com and tickets.example are nobody's.",
    // Compose names a sender also where no mail is sent.
    isBroken: (value = '', texts) =>
      texts['SMTP_URL'] !== undefined &&
      /@(?:.+\.)?(?:localhost|(?:example|invalid|test)(?:\.(?:com|net|org))?)>?\s*$/i.test(value),
  },
]

/**
 * What keeps a process with these settings from running where NODE_ENV is production, a line for each: the setting, its rule and what to
 * do. Nothing in any other mode. `names` are the settings that it has.
 */
export function productionProblems(names: readonly string[], texts: Texts): string[] {
  if (texts['NODE_ENV'] !== 'production') return []
  return productionRules
    .filter(({ name, ofAll }) => ofAll === true || names.includes(name))
    .filter(({ name, isBroken }) => isBroken(texts[name], texts))
    .map(({ name, rule, instead }) => `${name}: in production it must ${rule}. ${instead}`)
}

/** The mailbox of npm start and Compose, by its name there or by its port. */
function isMailbox(url: string): boolean {
  const address = URL.parse(url)
  return address?.hostname === 'mailbox' || address?.port === '1025'
}

/** Whether the last 32 bytes, which are what is secret of a key of Ed25519, are nearly one byte repeated. */
function isGuessable(key: string): boolean {
  const bytes = Buffer.from(key.replaceAll(/-----[A-Z ]+-----|\\n|\s/g, ''), 'base64')
  return new Set(bytes.subarray(-KEY_BYTES_MIN)).size < KEY_BYTES_MIN / 4
}
