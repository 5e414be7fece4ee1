import { request as requestHttp } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { createPublicLookup, ForbiddenAddressError, hostOf, isSpecialHost } from './address-rule.ts'

/** What a receiver answered. */
export interface WebhookAnswer {
  status: number
  /** The first bytes of the body, as text. */
  excerpt: string
}

const ANSWER_BYTES_MAX = 2_048

const lookUpPublic = createPublicLookup()

/**
 * Posts JSON to a receiver and resolves with its answer, whatever that is; a redirect is an answer like others and is not followed. Of the
 * body at most 2 kB are read. Rejects with ForbiddenAddressError where the address is special and that is not allowed, and with what went
 * wrong otherwise, such as `signal`, which bounds all of it.
 */
export function postWebhook(
  url: URL,
  { body, headers, signal }: { body: string; headers: Readonly<Record<string, string>>; signal: AbortSignal },
  allowPrivate: boolean,
): Promise<WebhookAnswer> {
  const host = hostOf(url)
  // Node looks up names only, and what was registered while private addresses were allowed must not go there any more.
  if (!allowPrivate && isSpecialHost(host)) {
    return Promise.reject(new ForbiddenAddressError(`${host} is no public address`))
  }
  if (!allowPrivate && url.protocol !== 'https:') {
    return Promise.reject(new ForbiddenAddressError('the address is not https'))
  }
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const outgoing = send(
      url,
      {
        method: 'POST',
        agent: false,
        signal,
        maxHeaderSize: 16_384,
        headers: {
          ...headers,
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'User-Agent': 'Frontrow-Webhooks/1',
        },
        ...(allowPrivate ? {} : { lookup: lookUpPublic }),
      },
      (response) => readAnswer(response).then(resolve, reject),
    )
    // More than one error can come: the first counts.
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

async function readAnswer(response: IncomingMessage): Promise<WebhookAnswer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) throw new Error('the answer is no bytes')
    chunks.push(chunk)
    bytes += chunk.length
    // Leaving the loop ends the connection.
    if (bytes >= ANSWER_BYTES_MAX) break
  }
  return {
    status: response.statusCode ?? 0,
    excerpt: Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8'),
  }
}
