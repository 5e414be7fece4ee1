import { z } from 'zod'

/** What the load process is asked to do: so many connections, each sends its next request when it has its answer. */
export const loadJob = z.object({
  port: z.int(),
  connections: z.int().min(1).max(1_024),
  forMs: z.int().min(1).max(30_000),
  /** Whole requests as they go over the wire. */
  requests: z.array(z.string()).min(1),
  /** Start again with the first request after the last; else the work ends there. */
  repeat: z.boolean(),
  keepBodies: z.boolean(),
})

/** A checked job. */
export type LoadJob = z.output<typeof loadJob>

/** What came of it. */
export const loadResult = z.object({
  answered: z.int(),
  elapsedMs: z.number(),
  /** Everything but 200, by status or by error. */
  failures: z.record(z.string(), z.int()),
  bodies: z.array(z.string()),
})

/** A checked result. */
export type LoadResult = z.output<typeof loadResult>
