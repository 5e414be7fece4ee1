import { whole } from '@frontrow/service-host/config'
import { nodeEnv } from '@frontrow/settings/node-env'
import { z } from 'zod'
import { upSettings } from './up-settings.ts'

const image = (name: string, what: string): z.ZodDefault<z.ZodString> =>
  z.string().default(name).describe(`name of ${what}`)

const secretFile = (name: string, what: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .optional()
    .describe(
      `file with ${name}, ${what}, readable for user 1000: Compose takes it from nowhere else, since \`docker inspect\` shows the environment`,
    )

/** The settings that docker-compose.yml uses itself. */
export const composeSettings = z.object({
  PORT: upSettings.shape.PORT,
  TLS_PORT: upSettings.shape.TLS_PORT,
  LOG_FILE_MB_MAX: upSettings.shape.LOG_FILE_MB_MAX,
  LOG_FILES_MAX: upSettings.shape.LOG_FILES_MAX,
  LISTEN_ON: z
    .string()
    .default('127.0.0.1')
    .describe(
      'address of this machine that the gateway listens on: 0.0.0.0 for all. Other than loopback needs JWKS_URL or JWT_SECRET_FILE, as the identity provider for development lets anybody in',
    ),
  NODE_ENV: nodeEnv,
  JWT_SECRET_FILE: secretFile('JWT_SECRET', 'not in production'),
  STRIPE_SECRET_KEY_FILE: secretFile('STRIPE_SECRET_KEY', 'for payment and wallet'),
  STRIPE_WEBHOOK_SECRET_FILE: secretFile('STRIPE_WEBHOOK_SECRET', 'for payment'),
  JOIN_CHECK_SECRET_FILE: secretFile('JOIN_CHECK_SECRET', 'for queue'),
  JOIN_CHECK_PROVIDER_SECRET_FILE: secretFile('JOIN_CHECK_PROVIDER_SECRET', 'for queue'),
  SMTP_URL_FILE: secretFile('SMTP_URL', 'for notify; without it the mailbox catches all mail'),
  CERTIFICATES: z
    .string()
    .default('certificates')
    .describe(
      'folder with tls.crt and tls.key, readable for user 101; by default a volume with a self-signed pair',
    ),
  MAILBOX_PORT: whole(1, 65_535, 8025).describe(
    'port of the mailbox that catches mail, on the loopback address of this machine',
  ),
  FRONTROW_IMAGE: image('frontrow:dev', 'our image with the services'),
  GATEWAY_IMAGE: image('frontrow-gateway:dev', 'our image with the gateway'),
  NODE_IMAGE: image('node:24-trixie-slim', 'the image that the services are built on'),
  NGINX_IMAGE: image('nginx:1.30', 'the image that the gateway is built on'),
  POSTGRES_IMAGE: image('postgres:18', "PostgreSQL's image"),
  REDIS_IMAGE: image('redis:8', "Redis' image"),
  KAFKA_IMAGE: image('apache/kafka:4.3.1', "Kafka's image"),
})
