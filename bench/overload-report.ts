import type { Answered, Outcomes } from './paced-load.ts'

/** What an overload is to cost at most. */
const OVERLOAD_LIMITS = {
  /** Of what is served at capacity, at three times that. */
  servedShare: 0.8,
  servedP99Ms: 1_000,
  /** After the crowd has gone. */
  normalWithinMs: 5_000,
  /** No answer takes longer, whatever it says. */
  slowestMs: 10_000,
}

/** An answer later than this is not what people are used to. */
const NORMAL_MS = 300

const isServed = ({ status }: Answered): boolean => status >= 200 && status < 300

/** How many were served. */
export function countServed({ answers }: Outcomes): number {
  return answers.filter(isServed).length
}

/** The time within which this share of those who were served had their answer; 0 where nobody was. */
function servedWithinMs({ answers }: Outcomes, share: number): number {
  const took = answers
    .filter(isServed)
    .map(({ tookMs }) => tookMs)
    .toSorted((a, b) => a - b)
  return took[Math.floor((took.length - 1) * share)] ?? 0
}

/** The longest that anybody waited for an answer. */
function slowestMs({ answers }: Outcomes): number {
  return answers.reduce((slowest, { tookMs }) => Math.max(slowest, tookMs), 0)
}

/** How long after its begin a load was still refused or slow: from then on all is as people are used to. Infinity where some had no answer, or nobody had one. */
function normalAfterMs({ answers, unanswered }: Outcomes): number {
  if (unanswered > 0 || answers.length === 0) return Infinity
  return answers
    .filter((answer) => !isServed(answer) || answer.tookMs > NORMAL_MS)
    .reduce((latest, { sentAtMs, tookMs }) => Math.max(latest, sentAtMs + tookMs), 0)
}

/** Refusals by status, each with how many there were and the Retry-After that they had. */
function listRefusals({ answers }: Outcomes): string[] {
  const byStatus = Map.groupBy(
    answers.filter((answer) => !isServed(answer)),
    ({ status }) => status,
  )
  return [...byStatus].map(([status, refused]) => {
    const waits = refused.flatMap(({ retryAfterSeconds }) => retryAfterSeconds ?? [])
    const range = waits.length === 0 ? 'no' : `${Math.min(...waits)} to ${Math.max(...waits)} s`
    const without = refused.length - waits.length
    const gaps = waits.length > 0 && without > 0 ? `, ${without} without` : ''
    return `${refused.length} × ${status} (${range} Retry-After${gaps})`
  })
}

/** One line about a load of so many milliseconds. */
export function describeLoad(name: string, outcomes: Outcomes, forMs: number): string {
  const served = countServed(outcomes)
  const rate = (served / (forMs / 1_000)).toFixed(0)
  const at = (share: number): string => `${servedWithinMs(outcomes, share).toFixed(0)} ms`
  const refusals = listRefusals(outcomes).join(', ') || 'none'
  return (
    `${name.padEnd(24)} sent ${outcomes.sent}, served ${served} (${rate}/s), p50 ${at(0.5)}, p99 ${at(0.99)}; ` +
    `refused: ${refusals}; slowest answer ${slowestMs(outcomes).toFixed(0)} ms; no answer: ${outcomes.unanswered}`
  )
}

function describeNormal(afterMs: number): string {
  return afterMs === Infinity ? 'never' : `${(afterMs / 1_000).toFixed(1)} s`
}

/** What a crowd of several kinds of work became, beside what the copy can do. */
export interface OverloadRun {
  /** Polls and joins that are served in a second when nobody comes faster than they are answered. */
  capacity: number
  forMs: number
  polls: Outcomes
  joins: Outcomes
  charges: Outcomes
  /** Polls from the moment on in which the crowd goes. */
  afterwards: Outcomes
}

/** Each ratio of a run, its limit, and whether it was met. */
export function judgeOverload(run: OverloadRun): { line: string; isMet: boolean }[] {
  const { servedShare, servedP99Ms, normalWithinMs, slowestMs: slowestMaxMs } = OVERLOAD_LIMITS
  const loads = [run.polls, run.joins, run.charges]
  const crowd = { sent: 0, answers: loads.flatMap(({ answers }) => answers), unanswered: 0 }
  const share = (countServed(run.polls) + countServed(run.joins)) / (run.forMs / 1_000) / run.capacity
  const p99Ms = servedWithinMs(crowd, 0.99)
  const normalMs = normalAfterMs(run.afterwards)
  const timeouts = [...run.polls.answers, ...run.joins.answers].filter(({ status }) => status === 504).length
  const mute = crowd.answers.filter((answer) => !isServed(answer) && answer.retryAfterSeconds === undefined)
  const slowest = slowestMs(crowd)
  const unanswered = loads.reduce((sum, load) => sum + load.unanswered, 0)
  const judged: [what: string, isMet: boolean][] = [
    [
      `served: ${(share * 100).toFixed(0)} % of capacity (at least ${servedShare * 100} %)`,
      share >= servedShare,
    ],
    [`p99 of what is served: ${p99Ms.toFixed(0)} ms (under ${servedP99Ms} ms)`, p99Ms < servedP99Ms],
    [
      `normal ${describeNormal(normalMs)} after the crowd has gone (within ${normalWithinMs / 1_000} s)`,
      normalMs <= normalWithinMs,
    ],
    [`polls and joins answered 504: ${timeouts} (none)`, timeouts === 0],
    [`refusals without Retry-After: ${mute.length} (none)`, mute.length === 0],
    [
      `slowest answer: ${(slowest / 1_000).toFixed(1)} s (under ${slowestMaxMs / 1_000} s)`,
      slowest < slowestMaxMs,
    ],
    [`without any answer: ${unanswered} (none)`, unanswered === 0],
  ]
  return judged.map(([what, isMet]) => ({ line: `${isMet ? 'met   ' : 'MISSED'} ${what}`, isMet }))
}
