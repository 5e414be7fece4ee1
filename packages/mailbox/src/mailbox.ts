import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

/** A mail that was caught. */
export interface CaughtMail {
  /** Counts from 1. */
  number: number
  receivedAt: Date
  from: string
  /** Whom the server was told to bring it to. */
  to: readonly string[]
  messageId: string
  subject: string
  text: string
  html: string
  headers: readonly { name: string; value: string }[]
}

/** What the mailbox keeps, and how it answers. */
export interface MailboxOptions {
  /** The newest are kept. */
  mailsMax: number
  /** A larger mail is refused. */
  mailBytesMax: number
  /** Refuses a recipient by the error that it returns, e.g. with `responseCode` 550; undefined takes the mail. */
  refuse?: (recipient: string) => Error | undefined
}

/** A mail server that takes every mail, shows it and sends it nowhere. It keeps the newest mails in memory. */
export class Mailbox {
  readonly #options: MailboxOptions
  readonly #server: SMTPServer
  readonly #mails: CaughtMail[] = []
  #caught = 0

  constructor(options: MailboxOptions) {
    this.#options = options
    this.#server = new SMTPServer({
      size: options.mailBytesMax,
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      maxClients: 100,
      socketTimeout: 30_000,
      closeTimeout: 1_000,
      onRcptTo: ({ address }, _session, callback) => callback(options.refuse?.(address)),
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => {
          if (!stream.sizeExceeded) chunks.push(chunk)
        })
        stream.once('error', (error) => callback(error))
        stream.once('end', () => {
          if (stream.sizeExceeded) {
            callback(Object.assign(new Error('the mail is too large'), { responseCode: 552 }))
            return
          }
          const to = session.envelope.rcptTo.map(({ address }) => address)
          void this.#keep(Buffer.concat(chunks), to, callback)
        })
      },
    })
    // A client that breaks off is no failure of the mailbox.
    this.#server.on('error', () => undefined)
  }

  /** Listens for mail; returns the port. */
  async listen(host: string, port: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.server.once('error', reject)
    this.#server.listen(port, host, resolve)
    await promise
    const address = this.#server.server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the mail server has no port')
    return address.port
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  /** The newest mails first; those to one address where one is named. */
  list(to?: string): CaughtMail[] {
    const mails = to === undefined ? this.#mails : this.#mails.filter((mail) => mail.to.includes(to))
    return mails.toReversed()
  }

  find(number: number): CaughtMail | undefined {
    return this.#mails.find((mail) => mail.number === number)
  }

  async #keep(raw: Buffer, to: readonly string[], done: (error?: Error) => void): Promise<void> {
    try {
      const { from, messageId, subject, text, html, headers } = await PostalMime.parse(raw)
      this.#mails.push({
        number: (this.#caught += 1),
        receivedAt: new Date(),
        from: from?.address === undefined ? '' : `${from.name} <${from.address}>`.trim(),
        to,
        messageId: messageId ?? '',
        subject: subject ?? '',
        text: text ?? '',
        html: html ?? '',
        headers: headers.map(({ key, value }) => ({ name: key, value })),
      })
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
      return
    }
    if (this.#mails.length > this.#options.mailsMax) this.#mails.shift()
    done()
  }
}
