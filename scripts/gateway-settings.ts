import { readConfig, whole } from '@frontrow/service-host/config'
import { z } from 'zod'

const count = (fallback?: number) => whole(1, 1_000_000, fallback)

// A browser polls once a second and makes about ten calls to buy; an address may be an office with hundreds of people.
const limitSettings = z.object({
  ADDRESS_REQUESTS_PER_SECOND: count(500).describe(
    'requests of one address in a second; more are answered 429. An office can share an address',
  ),
  ADDRESS_BURST: count(1_000).describe('requests of one address that may come at once, above its rate'),
  ADDRESS_CONNECTIONS: count(2_000).describe(
    'requests of one address in work at once, event streams among them',
  ),
  TOKEN_REQUESTS_PER_SECOND: count(20).describe('requests with one token in a second; more are answered 429'),
  TOKEN_BURST: count(100).describe('requests with one token that may come at once, above its rate'),
})

/** Settings of the gateway. These and the ones below have the names and defaults of deploy/gateway/start-gateway.sh. */
export const gatewaySettings = limitSettings.extend({
  EXEMPT_NETWORKS: z
    .string()
    .default('')
    .describe(
      'networks without a limit, such as 10.0.0.0/8 192.168.0.0/16; requests from this machine have no limit',
    ),
})

/** Further settings of start-gateway.sh, which the images set or the script finds out. */
export const gatewayWiring = z.object({
  WORKERS: count()
    .optional()
    .describe('processes of Nginx; as many as there are cores, at most 4, where it is not set'),
  RESOLVER_ADDRESS: z.string().optional().describe("name server; the container's own where it is not set"),
  UPSTREAM_DOMAIN: z
    .string()
    .default('')
    .describe(
      "put behind the services' names, such as .frontrow.svc.cluster.local: Nginx knows no search domains",
    ),
  SERVERS_EACH: count(1).describe(
    '2 where one address stands for several instances, so that a refused connection is tried again',
  ),
  CERTIFICATES: z
    .string()
    .default('/certificates')
    .describe('folder with tls.crt and tls.key; where they are missing, a self-signed pair is made'),
  STATE_FOLDER: z.string().default('/tmp/gateway').describe('folder that Nginx writes to'),
  ACCESS_LOG: z
    .string()
    .default('/dev/stdout')
    .describe('file that refused and failed requests are logged to'),
})

/** Reads how much one client may ask for before it is answered 429, as the gateway's template names it. */
export function readRateLimits(env: NodeJS.ProcessEnv): z.output<typeof limitSettings> {
  return readConfig(limitSettings, env)
}
