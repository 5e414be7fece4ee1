import { request } from 'node:http'

const TIMEOUT_MS = 2_000

/** The status that a loopback port answers a GET with, or null when nobody answers in time. */
export function httpStatus(port: number, path: string): Promise<number | null> {
  return statusOf(`http://127.0.0.1:${port}${path}`, TIMEOUT_MS)
}

/** Whether somebody at `host:port` answers HTTP, with whatever status, within `withinMs`. */
export async function answersHttp(address: string, withinMs: number): Promise<boolean> {
  return (await statusOf(`http://${address}/health/live`, withinMs)) !== null
}

function statusOf(url: string, withinMs: number): Promise<number | null> {
  return new Promise((resolve) => {
    const outgoing = request(url, { agent: false, timeout: withinMs })
    outgoing.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? null)
    })
    outgoing.once('timeout', () => outgoing.destroy())
    outgoing.once('error', () => resolve(null))
    outgoing.end()
  })
}
