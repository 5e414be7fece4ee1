import { withoutSecrets } from '@frontrow/settings/kept-secrets'
import { currentTrace, traceIdOf } from '@frontrow/trace-context/trace-context'
import { pino } from 'pino'
import type { Logger } from 'pino'

export type { Logger }

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
      censor: '[redacted]',
    },
    hooks: { streamWrite: withoutSecrets },
    mixin: () => {
      const trace = currentTrace()
      return trace === undefined ? {} : { requestId: trace.requestId, traceId: traceIdOf(trace) }
    },
  })
}
