import { z } from 'zod'
import { idempotencyKeyHeader } from './idempotency-key.ts'

/** Headers that every write of an admin takes. */
export const writeHeaders = z.object({
  'idempotency-key': idempotencyKeyHeader.optional().meta({
    description:
      'The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one.',
  }),
})

/** Headers that the writes of buyers take which do not ask for a key. */
export const callerWriteHeaders = z.object({
  'idempotency-key': idempotencyKeyHeader.optional().meta({
    description:
      'The same key and path give the same answer and one effect, for 72 hours by default. Keys are of the caller. Without it, each request is another one.',
  }),
})

/** Headers of a change. */
export const changeHeaders = writeHeaders.extend({
  'if-match': z.string().max(1_000).optional().meta({
    description:
      'The ETag of the answer that was read, such as `"v3"`. Where somebody else has changed it since: 412 PRECONDITION_FAILED. Without it, the change goes through.',
  }),
})

/** Header of an answer that can be named by If-Match. */
export const versionHeader = { ETag: 'Send it as If-Match with a change.' }

/** Header of an answer to a write. */
export const replayHeader = { 'Idempotency-Replayed': '`true` on an answer that was given before.' }

/** Header of an answer to a request that made something. */
export const locationHeader = { Location: 'Where it is.' }

/** Headers of the answer to a write of something that has versions. */
export const writtenHeaders = { ...versionHeader, ...replayHeader }

/** Headers of the answer to a request that made something that has versions. */
export const createdHeaders = { ...locationHeader, ...writtenHeaders }

/** What a change says in the reference, whose schema refuses one that names nothing. */
export const namesSomething = { minProperties: 1 }

/** Refusals of every write and, with the second, of every change. */
export const writeRefusals = ['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_IN_PROGRESS'] as const
export const changeRefusals = [...writeRefusals, 'PRECONDITION_FAILED'] as const
