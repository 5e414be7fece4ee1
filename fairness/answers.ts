import { z } from 'zod'

/** docs/fairness.md promises at most this many; a longer page is refused. */
export const PAGE_ENTRIES_MAX = 1_000

const hash = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits expected')
// Times are hashed as they are published, so each has exactly one spelling.
const time = z.string().refine(isPublishedTime, { error: 'a time such as 2026-11-21T12:00:00.000Z expected' })
const count = z.int().nonnegative()

const admission = z.object({
  kind: z.literal('ADMITTED'),
  number: z.int().positive(),
  sequence: z.int().positive(),
  enteredAt: time,
  admittedAt: time,
  active: count,
  maxActive: count.nullable(),
  admitPerSecond: count,
  hash,
})

const end = z.object({
  kind: z.enum(['NO_SHOW', 'TIME_UP']),
  number: z.int().positive(),
  sequence: z.int().positive(),
  admittedAt: time,
  endedAt: time,
  allowedMs: count,
  hash,
})

/** The answer of the one public address. Unknown fields are ignored, because later versions may add some. */
export const fairnessAnswer = z.object({
  success: z.literal(true),
  data: z.object({
    commitment: hash,
    seed: hash.nullable(),
    draw: z.object({ entries: count, closedAt: time, drawnAt: time }).nullable(),
    rules: z.object({ showUpMs: count, activeMaxMs: count }),
    log: z.object({ length: count, head: hash }),
    entries: z.array(z.discriminatedUnion('kind', [admission, end])).max(PAGE_ENTRIES_MAX),
    nextFrom: z.int().positive().nullable(),
    // When it was made: pages that are full are kept, with what was published then.
    serverTime: time.optional(),
  }),
})

/** The body of a refusal. */
export const refusalAnswer = z.object({
  success: z.literal(false),
  error: z.object({ code: z.string(), message: z.string() }),
})

/** One answer, as published. */
export type FairnessAnswer = z.output<typeof fairnessAnswer>['data']

/** An admission in the log, as published. */
export type PublishedAdmission = z.output<typeof admission>

/** In the log, the end of a place by a limit of time, as published. */
export type PublishedEnd = z.output<typeof end>

/** An entry of the log, as published. */
export type PublishedEntry = FairnessAnswer['entries'][number]

/** The draw, as published. */
export type PublishedDraw = NonNullable<FairnessAnswer['draw']>

function isPublishedTime(value: string): boolean {
  const ms = Date.parse(value)
  return !Number.isNaN(ms) && new Date(ms).toISOString() === value
}
