import { currentTrace, traceIdOf } from '@frontrow/trace-context/trace-context'
import { pino } from 'pino'
import type { Logger } from 'pino'

export type { Logger }

const CENSOR = '[redacted]'

let secrets: ReadonlySet<string> = new Set()
let anySecret: RegExp | undefined

/**
 * Keeps these texts out of everything that this process logs from now on, wherever they stand: the addresses in errors of drivers hold
 * passwords, and no list of fields knows them all.
 */
export function hideInLogs(texts: readonly string[]): void {
  secrets = new Set([...secrets, ...texts])
  // As the text of a string in JSON, which is how a line has it; the longest first, since one may be part of another.
  const written = [...secrets].map((text) => JSON.stringify(text).slice(1, -1))
  const pattern = written
    .toSorted((a, b) => b.length - a.length)
    .map((text) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'))
  anySecret = pattern.length === 0 ? undefined : new RegExp(pattern.join('|'), 'g')
}

/** JSON logs on standard output, with the ids of the running request, and without secrets. */
export function createLogger(options: { service: string; level: string }): Logger {
  return pino({
    level: options.level,
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        'req.headers.authorization',
        'req.headers.cookie',
        'req.headers["queue-token"]',
        'res.headers["set-cookie"]',
        'token',
        'card',
        'password',
        'databaseUrl',
      ],
      censor: CENSOR,
    },
    hooks: {
      streamWrite: (line) => (anySecret === undefined ? line : line.replaceAll(anySecret, CENSOR)),
    },
    mixin: () => {
      const trace = currentTrace()
      return trace === undefined ? {} : { requestId: trace.requestId, traceId: traceIdOf(trace) }
    },
  })
}
