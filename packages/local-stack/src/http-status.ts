import { request } from 'node:http'

const TIMEOUT_MS = 2_000

/** The status that a loopback port answers a GET with, or null when nobody answers in time. */
export function httpStatus(port: number, path: string): Promise<number | null> {
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port, path, timeout: TIMEOUT_MS })
    outgoing.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? null)
    })
    outgoing.once('timeout', () => outgoing.destroy())
    outgoing.once('error', () => resolve(null))
    outgoing.end()
  })
}
