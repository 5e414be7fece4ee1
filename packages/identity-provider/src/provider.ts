import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { userId } from '@frontrow/values/ids'
import { claimsOfRoles } from '@frontrow/values/roles'
import { errors, ExternalSigningKey, Provider } from 'oidc-provider'
import type { ClientMetadata, Configuration, Grant, KoaContextWithOIDC } from 'oidc-provider'
import type { Redis } from 'ioredis'
import { claimsOfUser } from './accounts.ts'
import { MOUNT_PATH } from './config.ts'
import type { ProviderSettings } from './config.ts'
import { failurePage, signedOutPage, signOutPage } from './pages.ts'
import { Locales, RedisAdapter, SESSION_SECONDS } from './redis-adapter.ts'
import { privateJwk, publishedKeys } from './signing-keys.ts'
import type { PublishedKey, SigningKeys } from './signing-keys.ts'
import { chooseLanguage } from './texts.ts'
import type { Language } from './texts.ts'

const ID_TOKEN_SECONDS = 3_600
const CODE_SECONDS = 60
/** How long a person may look at the sign-in page. */
const INTERACTION_SECONDS = 1_800
/** How long a page may be away, on a laptop that sleeps, before it has to ask for a session again. */
const REFRESH_TOKEN_SECONDS = 12 * 3_600

const SCOPES = ['openid', 'profile', 'email', 'offline_access']

/** Builds the provider that signs with these keys. What it has to remember is in Redis, so that it can be built anew at any time. */
export function buildProvider(
  settings: ProviderSettings,
  keys: SigningKeys,
  redis: Redis,
  now: Date,
): Provider {
  const [, ...previous] = publishedKeys(keys, now)
  const provider = new Provider(settings.OIDC_ISSUER, {
    ...behaviour(settings, redis),
    adapter: (model) => new RedisAdapter(redis, model),
    clients: [client(settings, keys)],
    jwks: { keys: [privateJwk(keys), ...previous.map((key) => new RetiredKey(key))] },
  })
  // The gateway says in X-Forwarded-Proto whether the browser came by http or by https.
  provider.proxy = true
  const policy = contentPolicy(settings)
  provider.use(async (context, next) => {
    context.set('Content-Security-Policy', policy)
    await next()
  })
  return provider
}

/** What the pages of the provider may load and where their forms may end; the last hop is back to the pages of Frontrow. */
export function contentPolicy({ PAGE_ORIGINS }: Pick<ProviderSettings, 'PAGE_ORIGINS'>): string {
  return [
    "default-src 'none'",
    "script-src 'none'",
    "style-src 'self'",
    'img-src data:',
    `form-action 'self' ${PAGE_ORIGINS.join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function client({ OIDC_CLIENT_ID, PAGE_ORIGINS }: ProviderSettings, keys: SigningKeys): ClientMetadata {
  return {
    client_id: OIDC_CLIENT_ID,
    client_name: 'Frontrow',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    // Access tokens are signed by the same algorithm.
    id_token_signed_response_alg: keys.jwtAlgorithm,
    redirect_uris: PAGE_ORIGINS.map((origin) => `${origin}/signed-in`),
    post_logout_redirect_uris: PAGE_ORIGINS.flatMap((origin) => [origin, `${origin}/`]),
  }
}

function behaviour(settings: ProviderSettings, redis: Redis): Configuration {
  const locales = new Locales(redis)
  const claimsOf = async (user: string) => claimsOfUser(user, await locales.of(user), settings)
  const session = { httpOnly: true, sameSite: 'lax', path: MOUNT_PATH } as const
  // Browsers send a cookie to every port of a host, so two copies of Frontrow need names of their own.
  const { port } = new URL(settings.OIDC_ISSUER)
  return {
    scopes: SCOPES,
    claims: {
      openid: ['sub', ...Object.keys(claimsOfRoles(settings, []))],
      profile: ['name', 'locale'],
      email: ['email', 'email_verified'],
    },
    cookies: {
      names: {
        session: `frontrow_session_${port}`,
        interaction: `frontrow_sign_in_${port}`,
        resume: `frontrow_resume_${port}`,
      },
      long: session,
      short: { httpOnly: true, sameSite: 'lax' },
    },
    findAccount: (_context, sub) =>
      userId.safeParse(sub).success
        ? { accountId: sub, claims: async () => ({ sub, ...(await claimsOf(sub)) }) }
        : undefined,
    extraTokenClaims: (_context, token) =>
      'accountId' in token && token.accountId !== undefined ? claimsOf(token.accountId) : undefined,
    clientBasedCORS: (_context, origin) => settings.PAGE_ORIGINS.includes(origin),
    interactions: { url: (_context, { uid }) => `${MOUNT_PATH}/interaction/${uid}` },
    // The page is ours, so nobody is asked whether it may know who they are.
    loadExistingGrant: grantAll,
    // Pages that wait for an hour have to stay signed in, whatever scope they ask for.
    issueRefreshToken: (_context, asking) => asking.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    ttl: {
      AccessToken: settings.ACCESS_TOKEN_SECONDS,
      AuthorizationCode: CODE_SECONDS,
      Grant: SESSION_SECONDS,
      IdToken: ID_TOKEN_SECONDS,
      Interaction: INTERACTION_SECONDS,
      RefreshToken: REFRESH_TOKEN_SECONDS,
      Session: SESSION_SECONDS,
    },
    renderError: (context, { error, error_description }, cause) => {
      context.type = 'html'
      const reason = cause.name === 'SessionNotFound' ? 'expired' : 'failed'
      context.body = failurePage(languageOf(context), reason, `${error}: ${error_description ?? ''}`)
    },
    features: features(settings),
  }
}

function features({
  OIDC_RESOURCE,
  JWT_AUDIENCE,
  ACCESS_TOKEN_SECONDS,
}: ProviderSettings): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    revocation: { enabled: true },
    // The public half of a key that signs no more is published by this.
    externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (context, form) => {
        context.body = signOutPage(languageOf(context), form)
      },
      postLogoutSuccessSource: (context) => {
        context.type = 'html'
        context.body = signedOutPage(languageOf(context))
      },
    },
    // Access tokens are JWTs for our services, whether the page names the resource or not.
    resourceIndicators: {
      enabled: true,
      defaultResource: () => OIDC_RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, resource) => {
        if (resource !== OIDC_RESOURCE) throw new errors.InvalidTarget()
        return {
          scope: '',
          audience: JWT_AUDIENCE,
          accessTokenTTL: ACCESS_TOKEN_SECONDS,
          accessTokenFormat: 'jwt',
        }
      },
    },
  }
}

async function grantAll({ oidc }: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { client: asking, session, provider } = oidc
  if (asking === undefined || session?.accountId === undefined) return undefined
  const { clientId } = asking
  const grantId = session.grantIdFor(clientId)
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  if (known !== undefined) return known
  const grant = new provider.Grant({ clientId, accountId: session.accountId })
  grant.addOIDCScope(SCOPES.join(' '))
  await grant.save()
  return grant
}

/** The language for whoever asks: what the page asks for in `ui_locales`, else what the browser does. */
function languageOf(context: KoaContextWithOIDC): Language {
  const asked: unknown = context.oidc?.params?.['ui_locales']
  return chooseLanguage([
    ...(typeof asked === 'string' ? asked.split(' ') : []),
    ...context.acceptsLanguages(),
  ])
}

/** A key that signs no more, of which there is only the public half. */
class RetiredKey extends ExternalSigningKey {
  readonly #key: PublishedKey
  readonly #public: KeyObject

  constructor(key: PublishedKey) {
    super()
    this.#key = key
    this.#public = createPublicKey({ key: { ...key }, format: 'jwk' })
  }

  override get kid(): string {
    return this.#key.kid
  }

  override get alg(): string {
    return this.#key.alg
  }

  override keyObject(): KeyObject {
    return this.#public
  }

  override sign(): never {
    throw new Error(`the key ${this.#key.kid} signs no more`)
  }
}
