import { z } from 'zod'

/** A job of the load process: each connection sends its next request when it has the answer to the last one. */
export const loadJob = z.object({
  port: z.int(),
  connections: z.int().min(1).max(1_024),
  forMs: z.int().min(1).max(30_000),
  /** Whole requests as they go over the wire. */
  requests: z.array(z.string()).min(1),
  /** Whether the list starts again after its last request; otherwise the job ends there. */
  repeat: z.boolean(),
  keepBodies: z.boolean(),
})

/** A checked job. */
export type LoadJob = z.output<typeof loadJob>

/** The result of a job. */
export const loadResult = z.object({
  answered: z.int(),
  elapsedMs: z.number(),
  /** Everything but 200, by status or by error. */
  failures: z.record(z.string(), z.int()),
  bodies: z.array(z.string()),
})

/** A checked result. */
export type LoadResult = z.output<typeof loadResult>
