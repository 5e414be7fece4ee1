import { pause } from '@frontrow/client/pause'
import { askSystem } from '../../../fairness/ask-system.ts'
import { checkDraw, LogTooLongError } from './check-draw.ts'
import type { DrawReport } from './check-draw.ts'
import type { DrawNote } from './draw-note.ts'

/** What the page asks of the worker, in one message. */
export interface DrawRequest {
  scheduleId: number
  note: DrawNote
}

/** What the worker tells the page. */
export type DrawMessage =
  | { kind: 'progress'; read: number; total: number }
  | { kind: 'report'; report: DrawReport }
  | { kind: 'failed'; why: 'too-long' | 'no-answer' }

const ANSWER_WITHIN_MS = 20_000

// A page that hashes some hundred thousand entries would stand still, so this is done beside it.
addEventListener('message', ({ data }: MessageEvent<DrawRequest>) => {
  void run(data).then(postMessage)
})

async function run({ scheduleId, note }: DrawRequest): Promise<DrawMessage> {
  const ask = askSystem({ url: location.origin, scheduleId, deadlineMs: ANSWER_WITHIN_MS, pause })
  const tell = (message: DrawMessage): void => postMessage(message)
  try {
    const report = await checkDraw({
      scheduleId,
      note,
      ask,
      tell: (progress) => tell({ kind: 'progress', ...progress }),
    })
    return { kind: 'report', report }
  } catch (error) {
    console.warn(error)
    return { kind: 'failed', why: error instanceof LogTooLongError ? 'too-long' : 'no-answer' }
  }
}
