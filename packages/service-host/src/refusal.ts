import type { status } from '@grpc/grpc-js'

/** How one refusal code shows on each wire. */
export interface RefusalKind {
  /** HTTP status. */
  readonly http: number
  readonly grpc: keyof typeof status
  /** One line for the API reference. */
  readonly about: string
}

/**
 * An expected "no": the request was understood and must not take effect. `message` is for the user. Anything else that
 * is thrown is a defect and is answered 500 without its text.
 */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly code: string
  readonly http: number
  readonly grpc: keyof typeof status
  readonly details: unknown
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: string,
    kind: RefusalKind,
    message: string,
    more: { details?: unknown; retryAfterSeconds?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.code = code
    this.http = kind.http
    this.grpc = kind.grpc
    this.details = more.details
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

/** The refusals that the host itself makes; every service has them. */
export const hostRefusals = {
  INVALID_REQUEST: {
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    about: 'A field breaks a rule; `details` names each.',
  },
  UNAUTHENTICATED: {
    http: 401,
    grpc: 'UNAUTHENTICATED',
    about: 'The bearer token is missing, expired or not ours.',
  },
  FORBIDDEN: { http: 403, grpc: 'PERMISSION_DENIED', about: 'Not for this user.' },
  NOT_FOUND: { http: 404, grpc: 'NOT_FOUND', about: 'No such path.' },
  METHOD_NOT_ALLOWED: {
    http: 405,
    grpc: 'UNIMPLEMENTED',
    about: 'The path exists, this method on it does not.',
  },
  PAYLOAD_TOO_LARGE: { http: 413, grpc: 'INVALID_ARGUMENT', about: 'The body is larger than the limit.' },
  UNSUPPORTED_MEDIA_TYPE: {
    http: 415,
    grpc: 'INVALID_ARGUMENT',
    about: 'The body must be application/json.',
  },
  RATE_LIMITED: { http: 429, grpc: 'RESOURCE_EXHAUSTED', about: 'Too many requests; wait for Retry-After.' },
  INTERNAL: { http: 500, grpc: 'INTERNAL', about: 'A defect of ours; quote the requestId.' },
  UNAVAILABLE: { http: 503, grpc: 'UNAVAILABLE', about: 'Something needed is down; wait for Retry-After.' },
  TIMEOUT: {
    http: 504,
    grpc: 'DEADLINE_EXCEEDED',
    about: 'No answer in time; whether it took effect is unknown.',
  },
} as const satisfies Record<string, RefusalKind>

/** Codes of `hostRefusals`. */
export type HostRefusalCode = keyof typeof hostRefusals

/** Makes one of the host's own refusals. */
export function hostRefusal(
  code: HostRefusalCode,
  message: string,
  more: { details?: unknown; retryAfterSeconds?: number; cause?: unknown } = {},
): Refusal {
  return new Refusal(code, hostRefusals[code], message, more)
}
