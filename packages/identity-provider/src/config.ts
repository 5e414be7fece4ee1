import { nodeEnv } from '@frontrow/settings/node-env'
import { readSettings } from '@frontrow/settings/read-settings'
import { roleSettings } from '@frontrow/values/roles'
import { z } from 'zod'

/** The path of the provider behind the gateway. */
export const MOUNT_PATH = '/identity'

const NOT_IN_PRODUCTION =
  'is production, where this identity provider must not run: it lets anybody in as anybody, without a password; ' +
  'set JWKS_URL, JWT_ISSUER and OIDC_ISSUER to an identity provider of your own (docs/deploy.md, Sign-in)'

const settings = z.object({
  NODE_ENV: nodeEnv.refine((value) => value !== 'production', NOT_IN_PRODUCTION),
  HOST: z.string().default('127.0.0.1'),
  IDENTITY_PORT: z.coerce.number().int().min(0).max(65_535),
  /** The address of the provider for browsers, which is also the claim `iss` of its tokens. */
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .refine((url) => new URL(url).pathname === MOUNT_PATH, `must end in ${MOUNT_PATH}`),
  OIDC_CLIENT_ID: z.string().min(1).default('frontrow-web'),
  OIDC_RESOURCE: z.url().default('urn:frontrow:api'),
  JWT_AUDIENCE: z.string().min(1).default('frontrow'),
  ...roleSettings.shape,
  ACCESS_TOKEN_SECONDS: z.coerce.number().int().min(30).max(86_400).default(600),
  /** Where the pages are; tokens are given to them only. */
  PAGE_ORIGINS: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin)).min(1)),
  /** The settings.json with the keys. It is read again when it changes. */
  SETTINGS_FILE: z.string().min(1),
  REDIS_URL: z.string().startsWith('redis'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})

/** The checked settings of the provider. */
export type ProviderSettings = z.output<typeof settings>

/** Reads the settings; throws one error that names every wrong variable and its rule, and always in production. */
export function readProviderSettings(env: Readonly<Record<string, string | undefined>>): ProviderSettings {
  return readSettings(settings, env)
}
