import { request } from 'node:http'

const TIMEOUT_MS = 2_000

/** The status that a loopback port answers a GET with, or null when nobody answers in time. */
export function httpStatus(port: number, path: string): Promise<number | null> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path, timeout: TIMEOUT_MS })
    asked.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? null)
    })
    asked.once('timeout', () => asked.destroy())
    asked.once('error', () => resolve(null))
    asked.end()
  })
}
