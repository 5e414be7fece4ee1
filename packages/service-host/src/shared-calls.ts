import { Batcher } from './batcher.ts'

/** So many things are asked for with one gRPC call; a server refuses more. */
export const SHARED_CALL_MAX = 100

// The second call in the air keeps one that hangs from holding up all.
const AT_ONCE_MAX = 2
const PENDING_MAX = 5_000
// A client waits no longer for a gRPC call of its own.
const WAIT_MAX_MS = 2_000

/**
 * Makes the function that asks for one thing by a gRPC call that those who ask meanwhile share: a call costs both processes
 * several times what an answer does. `send` answers in the order asked, with an Error for who is refused alone, and must have a
 * deadline. Who would wait too long for a turn is refused as UNAVAILABLE.
 */
export function shareCalls<C, R>(
  send: (asked: readonly C[]) => Promise<readonly (R | Error)[]>,
): (one: C) => Promise<R> {
  const calls = new Batcher<'all', C, R>({
    batchMax: SHARED_CALL_MAX,
    atOnceMax: AT_ONCE_MAX,
    pendingMax: PENDING_MAX,
    waitMaxMs: WAIT_MAX_MS,
    send: (_all, asked) => send(asked),
  })
  return (one) => calls.add('all', one)
}
