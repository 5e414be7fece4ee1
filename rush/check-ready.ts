import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { TransportError } from './http-exchange.ts'
import type { HttpExchange } from './http-exchange.ts'

/** Throws a SetupProblem where nothing answers at `url`, or what answers is not ready. */
export async function checkIsReady(exchange: HttpExchange, url: string): Promise<void> {
  const answer = await exchange
    .send({ method: 'GET', path: '/health/ready', headers: {} })
    .catch((error: unknown) => {
      if (error instanceof TransportError) {
        throw new SetupProblem(`nothing answers at ${url} (${error.code}): run npm start first, or say --url`)
      }
      throw error
    })
  if (answer.status !== 200)
    throw new SetupProblem(`${url} is not ready (/health/ready answers ${answer.status})`)
}
