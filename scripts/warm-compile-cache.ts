/**
 * Compiles what the services import into NODE_COMPILE_CACHE and ends. A service that finds its code there never loads the
 * part of Node that strips types, which would stay in its memory: 91 MB instead of 113 MB, idle, and a quicker start.
 */
import { serviceNames } from './services.ts'

for (const name of serviceNames) await import(`../services/${name}/src/start.ts`)
await import('../services/payment/src/notify/start-notify.ts')
// Some of the imported libraries keep timers; there is nothing to wait for.
process.exit(0)
