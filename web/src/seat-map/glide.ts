import type { View } from './view.ts'

/** A view on its way to another one. */
export interface Glide {
  from: View
  to: View
  startedAtMs: number
}

const DURATION_MS = 220

/** Where it is at a moment; `isOver` when it has arrived. The plan grows by the same factor in equal times, around one fixed point. */
export function glideAt({ from, to, startedAtMs }: Glide, nowMs: number): { view: View; isOver: boolean } {
  const time = Math.min(1, Math.max(0, (nowMs - startedAtMs) / DURATION_MS))
  if (time === 1) return { view: to, isOver: true }
  const eased = 1 - (1 - time) ** 3
  const scale = from.scale * (to.scale / from.scale) ** eased
  const share = to.scale === from.scale ? eased : (scale - from.scale) / (to.scale - from.scale)
  return {
    view: { scale, x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share },
    isOver: false,
  }
}
