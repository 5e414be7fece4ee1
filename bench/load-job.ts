import { z } from 'zod'

/** A job of the load process: each connection sends its next request when it has the answer to the last one. */
export const loadJob = z.object({
  port: z.int(),
  connections: z.int().min(1).max(1_024),
  forMs: z.int().min(1).max(120_000),
  /** Whole requests as they go over the wire. */
  requests: z.array(z.string()).min(1),
  /** Whether the list starts again after its last request; otherwise the job ends there. */
  repeat: z.boolean(),
  keepBodies: z.boolean(),
  /** The status of every answer that is no failure. */
  expectedStatus: z.int().default(200),
})

/** A job as it is given. */
export type LoadJob = z.input<typeof loadJob>

/** A checked job. */
export type CheckedLoadJob = z.output<typeof loadJob>

/** The result of a job. */
export const loadResult = z.object({
  answered: z.int(),
  elapsedMs: z.number(),
  /** Everything but the expected status, by status or by error. */
  failures: z.record(z.string(), z.int()),
  /** Of each request in the order of the requests, from the first byte sent to the last one answered; 0 where there is no answer. */
  latenciesMs: z.array(z.number()),
  /** In the same order; empty where bodies are not kept. */
  bodies: z.array(z.string()),
})

/** A checked result. */
export type LoadResult = z.output<typeof loadResult>
