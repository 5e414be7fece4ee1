import { expect, test } from '@jest/globals'
import { describeLoad, judgeOverload } from './overload-report.ts'
import type { OverloadRun } from './overload-report.ts'
import type { Answered, Outcomes } from './paced-load.ts'

const answers = (count: number, more: Partial<Answered> = {}): Answered[] =>
  Array.from({ length: count }, () => ({
    sentAtMs: 0,
    tookMs: 50,
    status: 200,
    retryAfterSeconds: undefined,
    ...more,
  }))

const load = (all: Answered[], unanswered = 0): Outcomes => ({
  sent: all.length + unanswered,
  answers: all,
  unanswered,
})

const refused = (count: number): Answered[] =>
  answers(count, { status: 503, retryAfterSeconds: 2, tookMs: 5 })

/** 100 a second at capacity, for 10 s; three times that came. */
const good: OverloadRun = {
  capacity: 100,
  forMs: 10_000,
  polls: load([...answers(700), ...refused(1_700)]),
  joins: load([...answers(100), ...refused(500)]),
  charges: load(answers(100)),
  afterwards: load([...answers(90), ...answers(5, { status: 503, retryAfterSeconds: 1, sentAtMs: 4_000 })]),
}

const missed = (run: Partial<OverloadRun>): string[] =>
  judgeOverload({ ...good, ...run }).flatMap(({ line, isMet }) => (isMet ? [] : [line]))

test('a run that keeps 80 % of capacity, is quick and normal again meets every limit', () => {
  expect(missed({})).toEqual([])
})

test.each<[string, Partial<OverloadRun>]>([
  ['served: 79 %', { polls: load([...answers(690), ...refused(1_700)]) }],
  ['p99 of what is served: 1000 ms', { charges: load(answers(100, { tookMs: 1_000 })) }],
  ['normal never', { afterwards: load(answers(90), 1) }],
  ['normal never', { afterwards: load([]) }],
  ['normal 5.1 s', { afterwards: load(answers(1, { sentAtMs: 4_500, tookMs: 600 })) }],
  [
    'polls and joins answered 504: 1',
    { joins: load([...answers(100), ...answers(1, { status: 504, retryAfterSeconds: 2 })]) },
  ],
  ['refusals without Retry-After: 1', { joins: load([...answers(100), ...answers(1, { status: 429 })]) }],
  [
    'slowest answer: 10.0 s',
    { joins: load([...answers(100), ...answers(1, { status: 503, retryAfterSeconds: 1, tookMs: 10_000 })]) },
  ],
  ['without any answer: 3', { polls: load(answers(700), 3) }],
])('what misses its limit is named: %s', (what, run) => {
  expect(missed(run)).toEqual([expect.stringContaining(`MISSED ${what}`)])
})

test('a load is one line, with its refusals by status and what they say of when to come back', () => {
  const all = [...answers(98), ...answers(2, { tookMs: 400 }), ...refused(3), ...answers(1, { status: 429 })]
  expect(describeLoad('polls', load(all, 1), 10_000)).toContain(
    'sent 105, served 100 (10/s), p50 50 ms, p99 400 ms; refused: 3 × 503 (2 to 2 s Retry-After), 1 × 429 (no Retry-After); slowest answer 400 ms; no answer: 1',
  )
})
