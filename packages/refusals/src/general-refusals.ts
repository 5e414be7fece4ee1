import { refusalRow, refuser } from './refusal.ts'

/** The refusals of every service, whatever it sells: those of its HTTP and gRPC servers and of idempotency keys. */
export const generalRefusals = {
  INVALID_REQUEST: refusalRow(400, 'INVALID_ARGUMENT', 'A field breaks a rule; `details` names each.'),
  UNAUTHENTICATED: refusalRow(401, 'UNAUTHENTICATED', 'The bearer token is missing, expired or not ours.'),
  FORBIDDEN: refusalRow(403, 'PERMISSION_DENIED', 'Not for this user.'),
  NOT_FOUND: refusalRow(404, 'NOT_FOUND', 'No such path.'),
  METHOD_NOT_ALLOWED: refusalRow(405, 'UNIMPLEMENTED', 'The path exists, this method on it does not.'),
  PRECONDITION_FAILED: refusalRow(
    412,
    'ABORTED',
    'If-Match is not what it is now: somebody else was first; read it again.',
  ),
  PAYLOAD_TOO_LARGE: refusalRow(413, 'INVALID_ARGUMENT', 'The body is larger than the limit.'),
  UNSUPPORTED_MEDIA_TYPE: refusalRow(415, 'INVALID_ARGUMENT', 'The body must be application/json.'),
  RATE_LIMITED: refusalRow(429, 'RESOURCE_EXHAUSTED', 'Too many requests; wait for Retry-After.'),
  INTERNAL: refusalRow(500, 'INTERNAL', 'A defect of ours; quote the requestId.'),
  UNAVAILABLE: refusalRow(503, 'UNAVAILABLE', 'Something needed is down; wait for Retry-After.'),
  TIMEOUT: refusalRow(504, 'DEADLINE_EXCEEDED', 'No answer in time; whether it took effect is unknown.'),
  IDEMPOTENCY_IN_PROGRESS: refusalRow(409, 'ABORTED', 'The same key is being worked on; try again shortly.'),
  IDEMPOTENCY_KEY_REUSED: refusalRow(422, 'FAILED_PRECONDITION', 'The key was used with another body.'),
}

/** Makes one of `generalRefusals` to throw; `message` is shown to the user. */
export const generalRefusal = refuser(generalRefusals)
