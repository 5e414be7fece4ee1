import { z } from 'zod'
import { idempotencyKeyHeader } from './idempotency-key.ts'

/** Headers that every write of an admin takes. */
export const writeHeaders = z.object({
  'idempotency-key': idempotencyKeyHeader.optional().meta({
    description:
      'The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls. Without it, each request is another one.',
    example: '5f0c9f6e-venue-1',
  }),
})

/** Headers of a change. */
export const changeHeaders = writeHeaders.extend({
  'if-match': z.string().max(1_000).optional().meta({
    description:
      'The ETag of the answer that was read. Where somebody else has changed it since: 412 PRECONDITION_FAILED. Without it, the change goes through.',
    example: '"v3"',
  }),
})

/** Header of an answer that can be named by If-Match. */
export const versionHeader = { ETag: 'Send it as If-Match with a change.' }

/** Header of an answer to a write. */
export const replayHeader = { 'Idempotency-Replayed': '`true` on an answer that was given before.' }

/** Headers of the answer to a write of something that has versions. */
export const writtenHeaders = { ...versionHeader, ...replayHeader }

/** Refusals of every write and, with the second, of every change. */
export const writeRefusals = ['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_IN_PROGRESS'] as const
export const changeRefusals = [...writeRefusals, 'PRECONDITION_FAILED'] as const
