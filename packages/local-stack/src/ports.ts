import { createServer } from 'node:net'
import type { Server } from 'node:net'

/** Stays below the ports that Linux gives to outgoing connections (32768 and up), which could take a free port first. */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000
const TRIES_MAX = 500

/** Distinct free ports on the loopback address. */
export async function freePorts(count: number): Promise<number[]> {
  const held: { port: number; server: Server }[] = []
  try {
    for (let tries = 0; held.length < count; tries++) {
      if (tries >= TRIES_MAX) throw new Error(`no ${count} free ports between ${FIRST_PORT} and ${LAST_PORT}`)
      const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT))
      const { server } = await tryListen(port, '127.0.0.1')
      if (server !== undefined) held.push({ port, server })
    }
    return held.map(({ port }) => port)
  } finally {
    await Promise.all(held.map(({ server }) => close(server)))
  }
}

/** Why a server can't listen on a port of all addresses, or null when it can. */
export async function whyNotListen(port: number): Promise<string | null> {
  // A server that listens on the loopback address only is noticed by trying that address too.
  for (const host of [undefined, '127.0.0.1']) {
    const { server, error } = await tryListen(port, host)
    if (server === undefined) return describe(error)
    await close(server)
  }
  return null
}

function describe(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return 'another program is using it'
  return error.code === 'EACCES' ? 'only root may use it' : error.message
}

type Listening = { server: Server; error?: never } | { server?: never; error: NodeJS.ErrnoException }

function tryListen(port: number, host?: string): Promise<Listening> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve({ error }))
    server.listen({ port, exclusive: true, ...(host === undefined ? {} : { host }) }, () =>
      resolve({ server }),
    )
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
