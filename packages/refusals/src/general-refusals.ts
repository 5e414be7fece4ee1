import { Refusal } from './refusal.ts'
import type { RefusalKind } from './refusal.ts'

/** The refusals of every service, whatever it sells: those of its HTTP and gRPC servers and of idempotency keys. */
export const generalRefusals = {
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
  IDEMPOTENCY_IN_PROGRESS: {
    http: 409,
    grpc: 'ABORTED',
    about: 'The same key is being worked on; try again shortly.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    about: 'The key was used with another body.',
  },
} as const satisfies Record<string, RefusalKind>

/** Codes of `generalRefusals`. */
export type GeneralRefusalCode = keyof typeof generalRefusals

/** Makes one of `generalRefusals` to throw; `message` is shown to the user. */
export function generalRefusal(
  code: GeneralRefusalCode,
  message: string,
  extras: { details?: unknown; retryAfterSeconds?: number; cause?: unknown } = {},
): Refusal {
  return new Refusal(code, generalRefusals[code], message, extras)
}
