import type { QueueContext } from '../context.ts'
import type { PlaceLives } from './admit-next.ts'

const GRACE_MS = 5_000
// An answer that takes so long comes from a PostgreSQL that hung, as far as anybody can tell.
const SLOW_MS = 1_000

/**
 * When who did not show up may lose the place: not within 5 s of a time in which PostgreSQL could not be told who did. Every
 * instance makes rounds of admission, so each notices an outage, and tells PostgreSQL in these seconds whom it has seen.
 */
export class NoShowGrace {
  // A process that starts may be the first one after an outage of all of them.
  #outageAtMs = performance.now()

  /** Notes that PostgreSQL could not be reached just now. */
  noteOutage(): void {
    this.#outageAtMs = performance.now()
  }

  /** Notes that PostgreSQL has answered now what it was asked then; by `performance.now()`. */
  noteAnswer(askedAtMs: number): void {
    if (performance.now() - askedAtMs > SLOW_MS) this.noteOutage()
  }

  get isOver(): boolean {
    return performance.now() - this.#outageAtMs > GRACE_MS
  }
}

/** How long places last by the settings of this service. */
export function livesOf(
  ctx: Pick<QueueContext, 'config' | 'noShowGrace'>,
): PlaceLives & { endsNoShows: boolean } {
  const { ACTIVE_MS, SHOW_UP_MS, ACTIVE_MAX_MS, WAITING_MS } = ctx.config
  return {
    activeMs: ACTIVE_MS,
    showUpMs: SHOW_UP_MS,
    activeMaxMs: ACTIVE_MAX_MS,
    waitingMs: WAITING_MS,
    endsNoShows: ctx.noShowGrace.isOver,
  }
}
