import { useEffect, useState } from 'react'
import type { DrawMessage, DrawRequest } from './check-draw.worker.ts'
import type { DrawId } from './draw-note.ts'
import { drawNote } from './use-draw-note.ts'

/** How far a check is, or what came of it. */
export type DrawCheckState = DrawMessage | { kind: 'beginning' }

/** Checks a draw beside the page, as often as `run` changes; leaving the page ends it. */
export function useDrawCheck({ scheduleId, opensAtMs }: DrawId, run: number): DrawCheckState {
  const [state, setState] = useState<DrawCheckState>({ kind: 'beginning' })
  useEffect(() => {
    setState({ kind: 'beginning' })
    const worker = new Worker(new URL('./check-draw.worker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<DrawMessage>) => setState(data))
    // A worker that can't be loaded tells nothing else.
    worker.addEventListener('error', () => setState({ kind: 'failed', why: 'no-answer' }))
    const request: DrawRequest = { scheduleId, note: drawNote({ scheduleId, opensAtMs }) }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no other origin, and takes none.
    worker.postMessage(request)
    return () => worker.terminate()
  }, [scheduleId, opensAtMs, run])
  return state
}
