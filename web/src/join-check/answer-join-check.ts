import { dataOf, isRefusal } from '../api.ts'
import type { api } from '../api.ts'
import type { AnswerJoinCheck } from '../pages/waiting-room/take-place.ts'
import { loadWords } from '../words.ts'
import type { Book } from '../words.ts'
import { answerWidget } from './answer-widget.ts'
import type { ProofRequest } from './find-proof.worker.ts'

/** Where and how long somebody is asked. */
export interface ChallengeOptions {
  client: typeof api
  /** Where a widget is shown; null where the page has gone. */
  place: HTMLElement | null
  signal: AbortSignal
  /** Told whether a person has to do something, or only the browser. */
  onAsked: (who: 'browser' | 'person') => void
}

/** Any text for the service, which asks the provider itself: where that is away for both, the service may be set to let people in. */
const WIDGET_AWAY = 'widget-away'

/** A proof that takes longer is given up; the challenge ends then as well. */
const PROOF_WITHIN_MS = 300_000

/** An answer may come too late once, as when the browser slept over it. */
const ANSWERS_MAX = 2

const joinCheckWords: Book = {
  en: () => import('../words/en/join-check.json'),
  ko: () => import('../words/ko/join-check.json'),
}

/** Gets a challenge for a join that was refused, or is known to be checked, and answers it. Rejects also when the signal aborts. */
export async function answerJoinCheck(
  [scheduleId, refusal, tries]: Parameters<AnswerJoinCheck>,
  options: ChallengeOptions,
): Promise<string | undefined> {
  await loadWords(joinCheckWords)
  if (refusal !== undefined) {
    const isAsked = isRefusal(refusal, 'JOIN_CHECK_REQUIRED', 'JOIN_CHECK_FAILED')
    if (!isAsked || tries >= ANSWERS_MAX) throw refusal
  }
  const { client, place, signal, onAsked } = options
  const { check, challenge, difficulty, siteKey } = dataOf(
    await client.GET('/api/v1/queue/schedules/{scheduleId}/challenge', {
      params: { path: { scheduleId } },
      signal,
    }),
  )
  if (check === 'proof-of-work' && challenge !== undefined && difficulty !== undefined) {
    onAsked('browser')
    const within = AbortSignal.any([signal, AbortSignal.timeout(PROOF_WITHIN_MS)])
    return findProofBeside({ challenge, difficulty }, within)
  }
  if ((check === 'turnstile' || check === 'hcaptcha') && siteKey !== undefined && place !== null) {
    onAsked('person')
    return (await answerWidget({ kind: check, siteKey, place, signal })) ?? WIDGET_AWAY
  }
  return undefined
}

/** The proof is looked for beside the page, which would stand still. */
async function findProofBeside(request: ProofRequest, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const worker = new Worker(new URL('./find-proof.worker.ts', import.meta.url), { type: 'module' })
  try {
    return await new Promise<string>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      worker.addEventListener('message', ({ data }: MessageEvent<string>) => resolve(data))
      // A worker that can't be loaded tells nothing else.
      worker.addEventListener('error', () => reject(new Error('the worker of the check did not load')))
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no other origin, and takes none.
      worker.postMessage(request)
    })
  } finally {
    worker.terminate()
  }
}
