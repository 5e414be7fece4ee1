/** One answer. */
export interface Answer {
  status: number
  /** The server closes the connection after it. */
  closes: boolean
  /** Of Retry-After; undefined where there is none. */
  retryAfterSeconds: number | undefined
  body: Buffer
}

const HEAD_END = Buffer.from('\r\n\r\n')
// The three digits of the status come after 'HTTP/1.1 '.
const STATUS_AT = 9

/** Splits the bytes of one connection into answers. Throws at an answer without a Content-Length, whose end it can't know. */
export class ResponseReader {
  #rest: Buffer | undefined

  /** Returns the answers that this chunk completes. */
  read(chunk: Buffer): Answer[] {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    const answers: Answer[] = []
    let at = 0
    while (at < bytes.length) {
      const headEnd = bytes.indexOf(HEAD_END, at)
      if (headEnd === -1) break
      const head = bytes.toString('latin1', at, headEnd)
      const status = Number(head.slice(STATUS_AT, STATUS_AT + 3))
      const bodyAt = headEnd + HEAD_END.length
      const end = bodyAt + bodyLength(head, status)
      if (end > bytes.length) break
      const body = bytes.subarray(bodyAt, end)
      answers.push({
        status,
        closes: /^connection: *close/im.test(head),
        retryAfterSeconds: retryAfter(head, status),
        body,
      })
      at = end
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : undefined
    return answers
  }
}

/** Only refusals have one, so that nothing is looked for in the answers that a load consists of. */
function retryAfter(head: string, status: number): number | undefined {
  const seconds = status < 400 ? undefined : /^retry-after: *(\d+)/im.exec(head)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}

function bodyLength(head: string, status: number): number {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1]
  if (length !== undefined) return Number(length)
  if (status === 204 || status === 304) return 0
  throw new Error(`an answer without Content-Length: ${head}`)
}
