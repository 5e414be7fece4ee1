import { createServer } from 'node:http'
import { claimsOf, makeSigningKey, signClaims } from '@frontrow/test-kit/identity-provider'
import type { SigningAlgorithm } from '@frontrow/test-kit/identity-provider'
import { createAuthenticate } from '../src/auth.ts'
import type { AuthSettings } from '../src/auth.ts'
import type { Logger } from '../src/logger.ts'

/** A key under a name of its own, and its public half as it is published. */
export type NamedKey = Awaited<ReturnType<typeof makeSigningKey>>

/** What verifies tokens where nothing else is set. */
export function settingsFor(change: Partial<AuthSettings>): AuthSettings {
  return {
    HOST: '127.0.0.1',
    JWKS_URL: undefined,
    JWT_SECRET: undefined,
    DEVELOPMENT_JWKS: undefined,
    JWT_ISSUER: 'frontrow',
    JWT_AUDIENCE: 'frontrow',
    JWT_ALGORITHMS: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    JWT_CLOCK_SKEW_SECONDS: 5,
    ROLES_CLAIM: 'roles',
    ...change,
  }
}

/** Makes a key that is published, and named in its tokens, as `keyId`. */
export async function makeNamedKey(keyId: string, algorithm: SigningAlgorithm = 'ES256'): Promise<NamedKey> {
  const { signingKey, publicKey } = await makeSigningKey(algorithm)
  return { signingKey: { ...signingKey, keyId }, publicKey: { ...publicKey, kid: keyId } }
}

/** A provider whose published keys are changed while it runs, and who asks with tokens that are verified by them. */
export async function rotatingProvider(logger: Logger) {
  const [first, second] = [await makeSigningKey('ES256'), await makeSigningKey('ES256')]
  const state: { keys: object[]; reads: number; isBroken: boolean; answerAfter: Promise<void> } = {
    keys: [first.publicKey],
    reads: 0,
    isBroken: false,
    answerAfter: Promise.resolve(),
  }
  const server = createServer(async (_request, response) => {
    state.reads += 1
    response.statusCode = state.isBroken ? 500 : 200
    response.setHeader('Content-Type', 'application/json')
    const body = JSON.stringify({ keys: state.keys })
    await state.answerAfter
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const url = `http://127.0.0.1:${port}/`
  const authenticate = createAuthenticate(settingsFor({ JWKS_URL: url }), logger)
  const show = (token: string): Promise<string> =>
    authenticate(`Bearer ${token}`).then(
      (caller) => caller.userId,
      (error: { code: string }) => error.code,
    )
  const ask = async ({ signingKey }: Pick<NamedKey, 'signingKey'>, userId: string): Promise<string> =>
    show(await signClaims(signingKey, claimsOf(userId)))
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { first, second, state, show, ask, close, url }
}
