import { setTimeout as delay } from 'node:timers/promises'
import { createTransport } from 'nodemailer'
import type { ComposedNotice } from './compose-notice.ts'

/** Hands mails to a mail server. */
export interface Mailer {
  /**
   * Resolves once the server has taken the mail. Rejects with a RefusedMailError where it never will, with a MailOutageError where it takes
   * no mail at all now or when `signal` says so, and with any other error where it may take this one later. `id` becomes the Message-ID, so that who gets the same mail twice can tell.
   */
  send(mail: ComposedNotice & { id: string; to: string }, signal: AbortSignal): Promise<void>
  /** Closes the connections; a mail in hand fails. */
  close(): void
}

/** The server refused this mail for good, such as for an address that does not exist. */
export class RefusedMailError extends Error {
  override name = 'RefusedMailError'
}

/** The server takes nobody's mail now: it is away, or refuses the login or the sender. */
export class MailOutageError extends Error {
  override name = 'MailOutageError'
}

/** How mail is handed over. */
export interface MailerSettings {
  smtpUrl: string
  from: string
  perSecond: number
  connectionsMax: number
}

// How long the server may take to take a connection, and to say something next.
const CONNECT_MAX_MS = 5_000
const ANSWER_MAX_MS = 15_000

/** A mail that takes longer is cut off by the signal that it is sent with: it has a connection or gets one, and an answer. */
export const MAIL_MAX_MS = CONNECT_MAX_MS + ANSWER_MAX_MS

/** A mailer that keeps some connections open while there is mail, and never sends faster than `perSecond`. */
export function createMailer({ smtpUrl, from, perSecond, connectionsMax }: MailerSettings): Mailer {
  const domain = /@([^\s@<>]+)>?$/.exec(from)?.[1]
  if (domain === undefined) throw new Error('MAIL_FROM has no domain')
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: connectionsMax,
    // A connection that breaks may have lost the answer only, so whoever leased the mail decides when it is tried again.
    maxRequeues: 0,
    idleTimeout: 10_000,
    connectionTimeout: CONNECT_MAX_MS,
    greetingTimeout: 5_000,
    socketTimeout: ANSWER_MAX_MS,
    dnsTimeout: 5_000,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(sendsPassword(smtpUrl) ? { requireTLS: true, ignoreTLS: false } : {}),
  })
  const turn = takeTurns(perSecond)
  return {
    async send({ id, to, kind, subject, text, html }, signal) {
      try {
        await turn(signal)
        await transport.sendMail({
          from,
          // As an object it is one address, whatever it holds.
          to: { name: '', address: to },
          subject,
          text,
          html,
          messageId: `<${id}@${domain}>`,
          // Filters of mail servers and tools tell the kinds apart by the second one, whatever the language.
          headers: { 'Auto-Submitted': 'auto-generated', 'Frontrow-Notice': kind },
          signal,
        })
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        if (!isAboutThisMail(error)) throw new MailOutageError(message, { cause: error })
        if (isForGood(error)) throw new RefusedMailError(message, { cause: error })
        throw error
      }
    },
    close: () => transport.close({ force: true }),
  }
}

/**
 * Gives callers their turns, evenly, `perSecond` of them a second. Nodemailer's own limit does not hold: it looks when a connection gets
 * free, so that each connection, and each new one, sends a mail more than it allows.
 */
function takeTurns(perSecond: number): (signal: AbortSignal) => Promise<void> {
  const gapMs = 1_000 / perSecond
  let nextAtMs = 0
  return async (signal) => {
    const nowMs = performance.now()
    const atMs = Math.max(nowMs, nextAtMs)
    nextAtMs = atMs + gapMs
    if (atMs > nowMs) await delay(atMs - nowMs, undefined, { signal })
  }
}

// Without this, whoever stands between could take STARTTLS out of what the server offers, and read the password.
function sendsPassword(smtpUrl: string): boolean {
  const { username, hostname } = new URL(smtpUrl)
  return username !== '' && !/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname)
}

// What the server says of the recipient and of the text is about this mail. A refused login or sender is about all mail: somebody puts
// that right, and then the mail goes out.
function isAboutThisMail(error: unknown): error is object {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false
  const { code } = error
  const command = 'command' in error ? error.command : undefined
  return (code === 'EENVELOPE' && command === 'RCPT TO') || (code === 'EMESSAGE' && command === 'DATA')
}

// 503 means that the session was in the wrong state.
function isForGood(error: object): boolean {
  const answer = 'responseCode' in error ? Number(error.responseCode) : 0
  return answer >= 500 && answer <= 599 && answer !== 503
}
