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
 * Posts JSON to a receiver and resolves with its answer, whatever that is; a redirect is an answer like others and is not followed. An
 * answer of 200 to 299 counts at its headers. Of the body of another one at most 2 kB are read, and a body that hangs or breaks does not
 * hide the status. Rejects with ForbiddenAddressError where the address is special and that is not allowed, and with what went wrong
 * before an answer came otherwise, such as `signal`, which bounds all of it.
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
    let hasAnswered = false
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
      (response) => {
        hasAnswered = true
        readAnswer(response, signal, resolve)
      },
    )
    // Without this listener an answer of 101 would end in neither a response nor an error.
    outgoing.on('upgrade', ({ statusCode = 101 }, socket) => {
      socket.destroy()
      resolve({ status: statusCode, excerpt: '' })
    })
    // More than one of these can come: the first counts.
    outgoing.on('error', reject)
    outgoing.on('close', () => {
      if (!hasAnswered) reject(new Error('the connection ended without an answer'))
    })
    signal.addEventListener('abort', () => {
      if (!hasAnswered) reject(signal.reason)
    })
    outgoing.end(body)
  })
}

function readAnswer(
  response: IncomingMessage,
  signal: AbortSignal,
  done: (answer: WebhookAnswer) => void,
): void {
  const status = response.statusCode ?? 0
  const chunks: Buffer[] = []
  let bytes = 0
  const end = (): void => {
    response.destroy()
    done({ status, excerpt: Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8') })
  }
  // A body that breaks, as it does when we end it here, changes nothing: what has come of it is the excerpt.
  response.on('error', end)
  if (status >= 200 && status <= 299) {
    end()
    return
  }
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= ANSWER_BYTES_MAX) end()
  })
  response.on('end', end)
  response.on('close', end)
  signal.addEventListener('abort', end)
}
