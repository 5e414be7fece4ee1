import { fileURLToPath } from 'node:url'
import type { ServiceSchema } from '@frontrow/migrations/migrate-schema'

/** The five services, in the order they are shown and migrated. */
export const serviceNames = ['queue', 'catalog', 'reservation', 'payment', 'wallet'] as const

/** Name of a service: of its folder, its database role and its schema. */
export type ServiceName = (typeof serviceNames)[number]

/** Makes one thing for each service. */
export function perService<T>(make: (name: ServiceName) => T): Record<ServiceName, T> {
  return {
    queue: make('queue'),
    catalog: make('catalog'),
    reservation: make('reservation'),
    payment: make('payment'),
    wallet: make('wallet'),
  }
}

/** The schemas of all services; `passwordOf` returns the password of a service's role. */
export function serviceSchemas(passwordOf: (name: ServiceName) => string): ServiceSchema[] {
  return serviceNames.map((name) => {
    const shared = ['packages/messaging', 'packages/admin-actions', 'packages/idempotency']
    const folders = [...shared, `services/${name}`]
    const directories = folders.map((folder) =>
      fileURLToPath(new URL(`../${folder}/migrations`, import.meta.url)),
    )
    return { name, password: passwordOf(name), directories }
  })
}
