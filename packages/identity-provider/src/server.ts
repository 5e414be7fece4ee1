import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import { userId } from '@frontrow/values/ids'
import express from 'express'
import type { ErrorRequestHandler, Express, Request, RequestHandler } from 'express'
import type { Redis } from 'ioredis'
import { errors } from 'oidc-provider'
import type { Logger } from 'pino'
import { z } from 'zod'
import { MOUNT_PATH } from './config.ts'
import type { ProviderSettings } from './config.ts'
import type { CurrentProvider } from './current-provider.ts'
import { failurePage, signInPage } from './pages.ts'
import { contentPolicy } from './provider.ts'
import { Locales } from './redis-adapter.ts'
import { chooseLanguage } from './texts.ts'
import type { Language } from './texts.ts'

const STYLES = fileURLToPath(new URL('../page/page.css', import.meta.url))
const BODY_BYTES_MAX = 8_192
const REQUEST_TIMEOUT_MS = 10_000
const RETRY_AFTER_SECONDS = '2'

/** What the provider's HTTP side works with. */
interface Parts {
  settings: ProviderSettings
  current: CurrentProvider
  redis: Redis
  logger: Logger
}

/** Serves the provider below `/identity`, and its health; listens and returns the server. */
export async function serveProvider(parts: Parts): Promise<Server> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, makeApp(parts))
  server.listen(parts.settings.IDENTITY_PORT, parts.settings.HOST)
  await once(server, 'listening')
  return server
}

function makeApp({ settings, current, redis, logger }: Parts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use(safeHeaders(settings))
  app.get('/health/live', (_request, response) => {
    response.json({ status: 'live' })
  })
  // The whole system asks. It is ready without Redis too: the services get their keys, and whoever is signed in goes on.
  app.get('/health/ready', (_request, response) => {
    response.json({ status: 'ready' })
  })
  app.get(`${MOUNT_PATH}/page.css`, (_request, response) => {
    response.setHeader('Cache-Control', 'public, max-age=300')
    response.sendFile(STYLES)
  })
  app.use(`${MOUNT_PATH}/interaction`, needRedis(redis))
  app
    .route(`${MOUNT_PATH}/interaction/:uid`)
    .get(showSignIn(current))
    .post(express.urlencoded({ extended: false, limit: BODY_BYTES_MAX }), takeSignIn(current, redis))
  app.use(MOUNT_PATH, needRedis(redis), async (request, response) => {
    const { handle } = await current.get()
    await handle(request, response)
  })
  app.use((_request, response) => {
    response.status(404).json({ error: 'not_found' })
  })
  app.use(showFailure(new FailureLog(logger, 'a request to the identity provider failed')))
  return app
}

function safeHeaders(settings: ProviderSettings): RequestHandler {
  const policy = contentPolicy(settings)
  return (_request, response, next) => {
    response.setHeader('Content-Security-Policy', policy)
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Referrer-Policy', 'no-referrer')
    response.setHeader('Cache-Control', 'no-store')
    next()
  }
}

/** Sessions and tokens are in Redis. What the services read, keys and addresses, is answered without it. */
function needRedis(redis: Redis): RequestHandler {
  return (request, response, next) => {
    if (redis.status === 'ready' || /^\/(?:jwks$|\.well-known\/)/.test(request.path)) {
      next()
      return
    }
    response.setHeader('Retry-After', RETRY_AFTER_SECONDS)
    response.status(503)
    if (request.accepts('json', 'html') === 'html') {
      response.type('html').send(failurePage(languageOf(request), 'unavailable'))
    } else {
      response.json({ error: 'temporarily_unavailable', error_description: 'the sessions can not be read' })
    }
  }
}

function showSignIn(current: CurrentProvider): RequestHandler {
  return async (request, response) => {
    const { provider } = await current.get()
    const { prompt, params } = await provider.interactionDetails(request, response)
    if (prompt.name !== 'login') {
      // A page that asks for consent (prompt=consent) gets it, because it is ours.
      await provider.interactionFinished(request, response, { consent: {} })
      return
    }
    const language = languageOf(request, params['ui_locales'])
    response.type('html').send(signInPage(language, request.originalUrl))
  }
}

const choice = z.object({ user: z.string().default(''), cancel: z.string().optional() })

function takeSignIn(current: CurrentProvider, redis: Redis): RequestHandler {
  const locales = new Locales(redis)
  return async (request, response) => {
    const { provider } = await current.get()
    const { params } = await provider.interactionDetails(request, response)
    const { user, cancel } = choice.catch({ user: '' }).parse(request.body)
    if (cancel !== undefined) {
      const result = { error: 'access_denied', error_description: 'the person went back without signing in' }
      await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
      return
    }
    const language = languageOf(request, params['ui_locales'])
    const read = userId.safeParse(user.trim())
    if (!read.success) {
      response
        .status(422)
        .type('html')
        .send(signInPage(language, request.originalUrl, user))
      return
    }
    await locales.remember(read.data, language)
    await provider.interactionFinished(
      request,
      response,
      { login: { accountId: read.data } },
      { mergeWithLastSubmission: false },
    )
  }
}

function languageOf(request: Request, asked?: unknown): Language {
  return chooseLanguage([
    ...(typeof asked === 'string' ? asked.split(' ') : []),
    ...request.acceptsLanguages(),
  ])
}

function showFailure(failures: FailureLog): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error)
      return
    }
    response.type('html')
    if (error instanceof errors.SessionNotFound) {
      response.status(400).send(failurePage(languageOf(request), 'expired'))
      return
    }
    // A body that is too large, or that is no form, has a status of its own.
    const status = z.object({ status: z.int().min(400).max(499) }).safeParse(error)
    if (!status.success) failures.failed(error, { path: request.path })
    response
      .status(status.success ? status.data.status : 500)
      .send(failurePage(languageOf(request), status.success ? 'failed' : 'unavailable'))
  }
}
