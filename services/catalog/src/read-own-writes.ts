import type { IncomingMessage } from 'node:http'
import { claimsToBeAdmin } from '@frontrow/service-host/auth'
import type { HttpServer } from '@frontrow/service-host/http-server'
import type { CatalogContext } from './context.ts'
import { primaryReads } from './replica/reads.ts'
import type { Reads } from './replica/reads.ts'

/** Whether the request may come from somebody who has just written, here or on another instance: only admins write to the catalog. */
export function mayHaveWritten(request: IncomingMessage): boolean {
  return claimsToBeAdmin(request.headers.authorization)
}

/** How reads for a request of a public route are answered: by the primary for admins, else as `reads` does. */
export function readsFor(
  request: IncomingMessage,
  { pool, reads }: Pick<CatalogContext, 'pool' | 'reads'>,
): Pick<Reads, 'run'> {
  return mayHaveWritten(request) ? primaryReads(pool) : reads
}

/** Adds routes whose requests other than GET are noted as writes before they are answered, whatever their end. */
export function notingWrites(http: Pick<HttpServer, 'handle'>, reads: Reads): Pick<HttpServer, 'handle'> {
  return {
    handle: (route, handler) =>
      http.handle(route, async (input) => {
        try {
          return await handler(input)
        } finally {
          if (route.method !== 'get') reads.wrote()
        }
      }),
  }
}
