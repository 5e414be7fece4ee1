import { FailureLog } from '@frontrow/failure-log/failure-log'
import { isRefusal } from '@frontrow/proto/refusals'
import type { Logger } from '@frontrow/service-host/logger'
import type { TokenCheck } from './context.ts'

/** Why a stream ends: its token lets nobody in any more, or for too long nobody could say whether it does. */
export type WatchEnd = 'TOKEN_ENDED' | 'TOKEN_UNVERIFIED'

interface Follower {
  check: TokenCheck
  end: (why: WatchEnd) => void
  nextAskAtMs: number
  answeredAtMs: number
}

/** How a watch asks; the times have defaults. */
export interface TokenWatchOptions {
  /** Refuses with QUEUE_TOKEN_INVALID or QUEUE_TOKEN_NOT_ACTIVE where the token lets nobody in; every other error is no answer. */
  verifyToken: (check: TokenCheck) => Promise<unknown>
  logger: Logger
  askEveryMs?: number
  unansweredMaxMs?: number
  now?: () => number
}

// With rounds five times a second and a call, a stream ends some 1.5 s after its token at the latest; promised are 2 s.
const ASK_EVERY_MS = 1_200
const UNANSWERED_MAX_MS = 30_000

/**
 * Follows the queue tokens that streams were opened with: asks the waiting room again and again, and ends the stream of who is not
 * let in any more, whether the token was left, reissued, used or ran out. A hold that extends a token needs nothing of its own. The
 * questions of one round share gRPC calls. While the waiting room can't be asked, streams go on for 30 s.
 */
export class TokenWatch {
  readonly #options: Required<Omit<TokenWatchOptions, 'logger'>>
  readonly #failures: FailureLog
  readonly #followers = new Set<Follower>()

  constructor(options: TokenWatchOptions) {
    const { logger, ...rest } = options
    this.#options = {
      askEveryMs: ASK_EVERY_MS,
      unansweredMaxMs: UNANSWERED_MAX_MS,
      now: () => performance.now(),
      ...rest,
    }
    this.#failures = new FailureLog(logger, 'queue tokens of streams could not be verified')
  }

  /** Calls `end` once when the token, which was just verified, has ended. Returns what stops that. */
  follow(check: TokenCheck, end: (why: WatchEnd) => void): () => void {
    const nowMs = this.#options.now()
    const follower = { check, end, answeredAtMs: nowMs, nextAskAtMs: nowMs + this.#options.askEveryMs }
    this.#followers.add(follower)
    return () => void this.#followers.delete(follower)
  }

  /** Asks about the tokens that are due; to be called again and again. */
  async round(): Promise<void> {
    const nowMs = this.#options.now()
    const due = [...this.#followers].filter((follower) => follower.nextAskAtMs <= nowMs)
    const failures = await Promise.all(due.map((follower) => this.#ask(follower)))
    const failure = failures.find((error) => error !== undefined)
    if (failure !== undefined) this.#failures.failed(failure, { streams: due.length })
    else if (due.length > 0) this.#failures.succeeded()
  }

  /** Returns the error where there was no answer. */
  async #ask(follower: Follower): Promise<unknown> {
    const { verifyToken, askEveryMs, unansweredMaxMs, now } = this.#options
    const askedAtMs = now()
    follower.nextAskAtMs = askedAtMs + askEveryMs
    try {
      await verifyToken(follower.check)
      follower.answeredAtMs = askedAtMs
      return undefined
    } catch (error) {
      if (isRefusal(error, 'QUEUE_TOKEN_INVALID') || isRefusal(error, 'QUEUE_TOKEN_NOT_ACTIVE')) {
        this.#end(follower, 'TOKEN_ENDED')
        return undefined
      }
      if (now() - follower.answeredAtMs >= unansweredMaxMs) this.#end(follower, 'TOKEN_UNVERIFIED')
      return error
    }
  }

  #end(follower: Follower, why: WatchEnd): void {
    // It may have stopped following while the waiting room was asked.
    if (this.#followers.delete(follower)) follower.end(why)
  }
}
