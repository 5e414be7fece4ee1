import type { RoomSummary } from '../room.ts'

const MINUTE_MS = 60_000
const POLL_MIN_SECONDS = 1
const POLL_MAX_SECONDS = 30
const SPREAD = 0.2
const CLOSE_SHARE = 0.25
const CLOSE_SECONDS = 5
// One poll for each tenth of the wait that is left.
const POLLS_A_WAIT = 10
const PAUSE_SECONDS = 60

/**
 * Seconds until `position` (1 is the front) is let in: the free places fill at the room's speed, then people follow at
 * the rate seen over the last minute, or at the rate at which ACTIVE places run out, whichever is higher.
 */
export function estimateWaitSeconds(
  position: number,
  room: Pick<
    RoomSummary,
    | 'nowMs'
    | 'maxActive'
    | 'admitPerSecond'
    | 'paused'
    | 'active'
    | 'admittedLastMinute'
    | 'oldestAdmissionMs'
  >,
  times: { opensAtMs: number; activeMs: number },
): number {
  // Nobody knows how long a pause lasts. At least a minute is told, rather than that it ends at once.
  const untilOpening = Math.max(0, times.opensAtMs - room.nowMs) / 1_000
  const untilAdmitting = room.paused ? Math.max(PAUSE_SECONDS, untilOpening) : untilOpening
  if (room.maxActive === null) return Math.ceil(untilAdmitting)
  // Negative where the limit was lowered below the number of those who are in. That many have to leave before anybody comes in.
  const free = room.maxActive - room.active
  if (position <= free) return Math.ceil(untilAdmitting + position / room.admitPerSecond)
  const turnover = Math.min(room.admitPerSecond, room.maxActive / (times.activeMs / 1_000))
  const spanMs = Math.min(MINUTE_MS, Math.max(1_000, room.nowMs - room.oldestAdmissionMs))
  const seenRate = room.admittedLastMinute === 0 ? 0 : room.admittedLastMinute / (spanMs / 1_000)
  const rate = Math.min(room.admitPerSecond, Math.max(turnover, seenRate))
  return Math.ceil(untilAdmitting + Math.max(0, free) / room.admitPerSecond + (position - free) / rate)
}

/** How close a sample of estimates came to the real waits. */
export interface EstimateComparison {
  samples: number
  medianPredictedSeconds: number | null
  medianActualSeconds: number | null
  /** 0 to 1: who waited within a quarter, or 5 s, of what they were told. */
  closeShare: number | null
}

/** Compares the waits that people were told with those they had. */
export function compareEstimates(
  samples: readonly { predictedSeconds: number; actualSeconds: number }[],
): EstimateComparison {
  const close = samples.filter(
    ({ predictedSeconds, actualSeconds }) =>
      Math.abs(actualSeconds - predictedSeconds) <= Math.max(CLOSE_SECONDS, predictedSeconds * CLOSE_SHARE),
  )
  return {
    samples: samples.length,
    medianPredictedSeconds: median(samples.map((sample) => sample.predictedSeconds)),
    medianActualSeconds: median(samples.map((sample) => sample.actualSeconds)),
    closeShare: samples.length === 0 ? null : Math.round((close.length / samples.length) * 100) / 100,
  }
}

function median(values: number[]): number | null {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null
}

/** When to ask again: later the longer the wait, and spread by 20 %, so that a crowd does not poll in step. */
export function pollAfterSeconds(waitSeconds: number, random: number): number {
  const low = POLL_MIN_SECONDS / (1 - SPREAD)
  const high = POLL_MAX_SECONDS / (1 + SPREAD)
  const base = Math.min(high, Math.max(low, waitSeconds / POLLS_A_WAIT))
  return Math.round(base * (1 - SPREAD + 2 * SPREAD * random) * 10) / 10
}
