import type { Pool } from '@frontrow/postgres/pool'
import { LRUCache } from 'lru-cache'
import { readLastSequence, readWaiting } from './line-rows.ts'

/** Who waits in a room, as PostgreSQL had it a moment ago. */
export interface WaitingLine {
  /** The sequences of those who wait, lowest first. */
  sequences: Float64Array
  /** The sequence that was given last when the line was read; whoever has a higher one joined later. */
  lastSequence: number
  /** Whether the opening has closed the list of those who came early, behind which the sequences jump to leave room for the draw. */
  isClosed: boolean
}

interface Entry {
  line: WaitingLine
  freshUntilMs: number
}

const FRESH_MS = 1_000
// A line stays fresh for ten times as long as its reading took, so that slow reads do not follow each other without a pause.
const REST_FACTOR = 10
// The sequences that are kept over all rooms; each takes 8 bytes.
const NUMBERS_MAX = 4_000_000

// This process needs a few milliseconds for a page of this size.
const PAGE = 50_000

/** Reads the line of a room. */
export async function readWaitingLine(pool: Pool, scheduleId: number): Promise<WaitingLine> {
  // This is read before the pages: whoever joins while they are read has a higher sequence and stands behind them all.
  const { lastSequence, isClosed } = await readLastSequence(pool, scheduleId)
  const pages: Float64Array[] = []
  let after = 0
  for (;;) {
    const page = await readWaiting(pool, scheduleId, { after, upTo: lastSequence, limit: PAGE })
    pages.push(page)
    if (page.length < PAGE) return { sequences: joinPages(pages), lastSequence, isClosed }
    after = page.at(-1) ?? lastSequence
  }
}

function joinPages(pages: readonly Float64Array[]): Float64Array {
  const [only] = pages
  if (only !== undefined && pages.length === 1) return only
  const all = new Float64Array(pages.reduce((length, page) => length + page.length, 0))
  let at = 0
  for (const page of pages) {
    all.set(page, at)
    at += page.length
  }
  return all
}

/**
 * How many stand before a sequence, and how many wait in all. `gapless`: no draw has come since the line was read, so that each
 * sequence above it is one person who joined.
 */
export function placeInLine(
  line: WaitingLine,
  sequence: number,
  gapless: boolean,
): { before: number; waiting: number } {
  const { sequences, lastSequence } = line
  const isKnown = gapless || line.isClosed
  const joinedSince = isKnown ? sequence - lastSequence : Math.min(1, sequence - lastSequence)
  const before = joinedSince > 0 ? sequences.length + joinedSince - 1 : countBelow(sequences, sequence)
  return { before, waiting: Math.max(sequences.length, before + 1) }
}

function countBelow(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? Number.POSITIVE_INFINITY) < value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The lines of rooms while Redis is away, so that exact positions cost one statement a room and second, not one a poll. One is
 * read at a time; past 4 million people the lines that were asked for longest ago are forgotten.
 */
export class WaitingLines {
  readonly #read: (scheduleId: number) => Promise<WaitingLine>
  readonly #now: () => number
  readonly #entries = new LRUCache<number, Entry>({
    maxSize: NUMBERS_MAX,
    // lru-cache takes no size of 0, and would not keep a line that is larger than `maxSize`.
    sizeCalculation: ({ line }) => Math.min(NUMBERS_MAX, Math.max(1, line.sequences.length)),
    fetchMethod: (scheduleId) => this.#loadInTurn(scheduleId),
    // A caller that waits for a line gets it also where the cache has dropped it meanwhile.
    ignoreFetchAbort: true,
  })
  #last: Promise<unknown> = Promise.resolve()

  constructor(read: (scheduleId: number) => Promise<WaitingLine>, now = () => performance.now()) {
    this.#read = read
    this.#now = now
  }

  async get(scheduleId: number): Promise<WaitingLine> {
    const known = this.#entries.get(scheduleId)
    if (known !== undefined && this.#now() < known.freshUntilMs) return known.line
    // lru-cache shares a read of the same line that is in work or waits for its turn.
    const read = await this.#entries.forceFetch(scheduleId, { forceRefresh: true })
    return read.line
  }

  #loadInTurn(scheduleId: number): Promise<Entry> {
    const loaded = this.#last.then(() => this.#load(scheduleId))
    // The next read waits for this one, whether it succeeds or fails.
    this.#last = loaded.catch(() => undefined)
    return loaded
  }

  async #load(scheduleId: number): Promise<Entry> {
    const beganMs = this.#now()
    const line = await this.#read(scheduleId)
    const nowMs = this.#now()
    return { line, freshUntilMs: nowMs + Math.max(FRESH_MS, REST_FACTOR * (nowMs - beganMs)) }
  }
}
