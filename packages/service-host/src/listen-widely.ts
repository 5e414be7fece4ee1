import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { ListenOptions, Server } from 'node:net'

// Connections that wait to be accepted, as many as the gateway's own; Node's 511 were too few for a rush, and the gateway waited for its time limit.
const BACKLOG = 4_096
/**
 * Node accepts one connection of a socket in a turn of the event loop, so while turns are long new connections starve beside those that are
 * kept: of 600 at once beside 64 busy ones the last was answered after 5.5 s with one socket, and after 0.9 s with 64.
 */
const SOCKETS = 32

/** The sockets that a server listens on, all of one port. */
export interface WideListening {
  port: number
  /** Takes no new connections; resolves when all that there are have ended. */
  close(): Promise<void>
}

/** Listens on several sockets of one port where the system can share it among them, so that a turn accepts a connection of each. */
export async function listenWidely(server: HttpServer, host: string, port: number): Promise<WideListening> {
  const isShared = process.platform === 'linux'
  // Sockets that share a port share it also with other processes of the same user. So the port is tried alone first, which tells whoever
  // finds it taken, but two processes that start within the same milliseconds may both find it free, and then share it unnoticed.
  if (isShared && port !== 0) await closed(await listening(createServer(), { host, port }))
  const shared = { host, backlog: BACKLOG, reusePort: isShared }
  await listening(server, { ...shared, port })
  const actual = portOf(server, port)
  const all: Server[] = [server]
  const close = async (): Promise<void> => {
    await Promise.all(all.map(closed))
  }
  const sockets = isShared ? SOCKETS : 1
  try {
    while (all.length < sockets) {
      const other = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        server.emit('connection', socket)
      })
      all.push(await listening(other, { ...shared, port: actual }))
    }
  } catch (error) {
    await close()
    throw error
  }
  return { port: actual, close }
}

async function listening(server: Server, options: ListenOptions): Promise<Server> {
  server.listen(options)
  await once(server, 'listening')
  return server
}

/** Resolves also where the server listens no more. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve, reject) =>
    server.close((error?: NodeJS.ErrnoException) => {
      if (error === undefined || error.code === 'ERR_SERVER_NOT_RUNNING') resolve()
      else reject(error)
    }),
  )
}

function portOf(server: Server, asked: number): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : asked
}
