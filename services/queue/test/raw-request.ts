import { request as send } from 'node:http'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { z } from 'zod'

/** A request as it goes over the wire: header values byte by byte (latin1; undefined is left out), the body in any form. */
export interface RawRequest {
  method: string
  path: string
  headers?: OutgoingHttpHeaders
  body?: string | Buffer
}

/** An answer in one of the two shapes every answer has. */
export interface RawAnswer {
  status: number
  headers: IncomingHttpHeaders
  code: string
  details: unknown
  data: unknown
}

const envelope = z.union([
  z.strictObject({ success: z.literal(true), data: z.unknown() }),
  z.strictObject({
    success: z.literal(false),
    error: z.strictObject({
      code: z.string().min(1),
      message: z.string().min(1),
      details: z.unknown(),
      requestId: z.string().min(1),
    }),
  }),
])
const TIMEOUT_MS = 60_000

/** Sends one request on a connection of its own; throws where the answer is neither empty nor in our shape. */
export async function rawRequest(port: number, request: RawRequest): Promise<RawAnswer> {
  const { status, headers, text } = await exchange(port, request)
  const answer = { status, headers, code: '', details: undefined, data: undefined }
  if (text === '') return answer
  if (headers['content-type'] !== 'application/json; charset=utf-8') {
    throw new Error(`${status} ${String(headers['content-type'])}: ${text.slice(0, 200)}`)
  }
  const parsed = envelope.parse(JSON.parse(text))
  if (parsed.success) return { ...answer, data: parsed.data }
  return { ...answer, code: parsed.error.code, details: parsed.error.details }
}

function exchange(
  port: number,
  { method, path, headers, body }: RawRequest,
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const given = Object.entries({ ...length, ...headers }).filter(([, value]) => value !== undefined)
    const sent = send({
      host: '127.0.0.1',
      port,
      method,
      path: `/api/v1${path}`,
      headers: Object.fromEntries(given),
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        })
      })
    })
    sent.end(body)
  })
}
