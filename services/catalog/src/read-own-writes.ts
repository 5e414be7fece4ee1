import type { IncomingMessage } from 'node:http'
import type { HttpServer } from '@frontrow/service-host/http-server'
import type { CatalogContext } from './context.ts'
import { primaryReads } from './replica/reads.ts'
import type { Reads } from './replica/reads.ts'

/** Whether the request may come from somebody who has just written, here or on another instance: only who has a role writes to the catalog. */
export function mayHaveWritten(
  request: IncomingMessage,
  { claimsToBeStaff }: Pick<CatalogContext, 'claimsToBeStaff'>,
): boolean {
  return claimsToBeStaff(request.headers.authorization)
}

/** How reads for a request of a public route are answered: by the primary for who may have written, else as `reads` does. */
export function readsFor(
  request: IncomingMessage,
  ctx: Pick<CatalogContext, 'pool' | 'reads' | 'claimsToBeStaff'>,
): Pick<Reads, 'run'> {
  return mayHaveWritten(request, ctx) ? primaryReads(ctx.pool) : ctx.reads
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
