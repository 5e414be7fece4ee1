import type { status } from '@grpc/grpc-js'

/** How one refusal code is answered over HTTP and over gRPC. */
export interface RefusalKind {
  /** HTTP status. */
  readonly http: number
  readonly grpc: keyof typeof status
  /** One line for the API reference. */
  readonly about: string
}

/**
 * An expected "no": the request was understood and must not take effect. The user reads `message`. Anything else that is
 * thrown is a defect, answered 500 without its text.
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
    extras: { details?: unknown; retryAfterSeconds?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: extras.cause })
    this.code = code
    this.http = kind.http
    this.grpc = kind.grpc
    this.details = extras.details
    this.retryAfterSeconds = extras.retryAfterSeconds
  }
}

/** One row of a table of refusals. */
export function refusalRow(http: number, grpc: RefusalKind['grpc'], about: string): RefusalKind {
  return { http, grpc, about }
}

/** Makes the function that makes the refusals of a table. */
export function refuser<Code extends string>(kinds: Readonly<Record<Code, RefusalKind>>) {
  return (
    code: Code,
    message: string,
    extras: { details?: unknown; retryAfterSeconds?: number; cause?: unknown } = {},
  ): Refusal => new Refusal(code, kinds[code], message, extras)
}
