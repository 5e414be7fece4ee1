import { expect, test } from '@jest/globals'
import { Overload } from './overload.ts'
import type { Urgency } from './overload.ts'

const LIMIT_MS = 300
const STEP_MS = 10

type Kind = 'poll' | 'join' | 'pay'

const URGENCY: Readonly<Record<Kind, Urgency>> = { poll: 'read', join: 'write', pay: 'money' }

/** What a process is sent and gets done in 10 ms; a turn of its event loop takes as long, or longer where it is busy. */
interface Course {
  arriving?: Partial<Record<Kind, number>>
  served?: Partial<Record<Kind, number>>
  turnMs?: number
}

/** A process on a clock of its own. */
class Process {
  nowMs = 0
  /** When requests of each kind were refused. */
  readonly refusedAt: Record<Kind, number[]> = { poll: [], join: [], pay: [] }
  #endTurn: (() => void)[] = []
  readonly #overload = new Overload({
    limitMs: LIMIT_MS,
    now: () => this.nowMs,
    afterTurn: (run) => this.#endTurn.push(run),
  })
  readonly #lines: Record<Kind, (() => void)[]> = { poll: [], join: [], pay: [] }

  /** Runs for so long. Those who come while a turn takes long wait at the socket, and are seen afterwards. */
  run(ms: number, { arriving = {}, served = {}, turnMs = STEP_MS }: Course): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      for (const kind of ['poll', 'join', 'pay'] as const) {
        for (let count = 0; count < (arriving[kind] ?? 0); count += 1) this.#arrive(kind)
      }
      this.nowMs += turnMs
      for (const kind of ['poll', 'join', 'pay'] as const) {
        for (const end of this.#lines[kind].splice(0, served[kind] ?? 0)) end()
      }
      for (const end of this.#endTurn.splice(0)) end()
    }
  }

  inLine(kind: Kind): number {
    return this.#lines[kind].length
  }

  /** The kinds of which some were refused. */
  get refused(): Kind[] {
    return (['poll', 'join', 'pay'] as const).filter((kind) => this.refusedAt[kind].length > 0)
  }

  #arrive(kind: Kind): void {
    const route = kind === 'pay' ? undefined : kind
    if (this.#overload.isOverloaded && this.#overload.refuses(URGENCY[kind], route)) {
      this.refusedAt[kind].push(this.nowMs)
    } else this.#lines[kind].push(this.#overload.begin(route))
  }
}

test.each([
  ['the database', { arriving: { poll: 5 } }],
  ['the process itself', { arriving: { poll: 5 }, turnMs: 1_000 }],
])('one stall of a second, of %s, refuses nobody', (_what, stall) => {
  const one = new Process()
  one.run(2_000, { arriving: { poll: 5 }, served: { poll: 10 } })
  // Those who are in work when it begins.
  one.run(50, { arriving: { poll: 5 } })
  one.run(1_000, stall)
  one.run(5_000, { arriving: { poll: 5 }, served: { poll: 10 } })
  expect(one.refusedAt.poll).toEqual([])
  expect(one.inLine('poll')).toBe(0)
})

test('a crowd at three times what can be done is refused within two seconds, and goes on being refused while it comes', () => {
  const one = new Process()
  one.run(10_000, { arriving: { poll: 6 }, served: { poll: 2 } })
  const [first] = one.refusedAt.poll
  expect(first).toBeLessThan(2_000)
  // Two of three are too much, and those who are let through are served within about a second.
  expect(one.refusedAt.poll.length).toBeGreaterThan(3_000)
  expect(one.inLine('poll')).toBeLessThan(200)
})

test('what stands still is refused for as long as it does, and not when it goes on', () => {
  const one = new Process()
  one.run(5_000, { arriving: { poll: 5 } })
  expect(one.refusedAt.poll.at(-1)).toBeGreaterThan(4_900)
  one.run(10_000, { arriving: { poll: 5 }, served: { poll: 10 } })
  expect(one.inLine('poll')).toBe(0)
  const { length } = one.refusedAt.poll
  one.run(5_000, { arriving: { poll: 5 }, served: { poll: 10 } })
  expect(one.refusedAt.poll).toHaveLength(length)
})

test.each(['poll', 'join'] as const)('only %ss are refused while they alone stand still', (slow) => {
  const one = new Process()
  const quick = slow === 'poll' ? 'join' : 'poll'
  one.run(20_000, { arriving: { poll: 5, join: 5, pay: 1 }, served: { [quick]: 5, pay: 1 } })
  expect(one.refused).toEqual([slow])
  expect(one.inLine(quick)).toBe(0)
})

test('money, whose own time says nothing, is refused when all that is measured waits', () => {
  const one = new Process()
  one.run(20_000, { arriving: { poll: 5, join: 5, pay: 1 } })
  expect(one.refused).toEqual(['poll', 'join', 'pay'])
  // Payments that take long keep nobody from anything.
  const another = new Process()
  another.run(20_000, { arriving: { poll: 5, join: 5, pay: 5 }, served: { poll: 5, join: 5 } })
  expect(another.refused).toEqual([])
})

test.each([
  [250, []],
  [350, ['poll']],
  [650, ['poll', 'join']],
  [950, ['poll', 'join', 'pay']],
])('where joins keep the process busy for turns of %i ms those are refused: %j', (turnMs, refused) => {
  const one = new Process()
  one.run(turnMs, { arriving: { join: 20 }, turnMs })
  one.run(20_000, { arriving: { poll: 1, join: 40, pay: 1 }, served: { poll: 1, join: 40, pay: 1 }, turnMs })
  expect(one.refused).toEqual(refused)
})

test('a crowd that comes while a few have waited for a minute is not refused for those', () => {
  const one = new Process()
  one.run(STEP_MS, { arriving: { join: 1 } })
  one.run(60_000, {})
  one.run(STEP_MS, { arriving: { join: 25 } })
  one.run(1_000, { arriving: { join: 1 }, served: { join: 3 } })
  // Nor for those that took long and have ended.
  const another = new Process()
  another.run(STEP_MS, { arriving: { join: 10 } })
  for (let count = 0; count < 8; count += 1) {
    another.run(2_000, {})
    another.run(STEP_MS, { served: { join: 1 } })
  }
  another.run(STEP_MS, { arriving: { join: 40 } })
  expect([one.refused, another.refused]).toEqual([[], []])
})

test('where the waiting is spread over many routes, of which none has a crowd, money is refused as well', () => {
  let nowMs = 0
  let refused = 0
  const overload = new Overload({
    limitMs: LIMIT_MS,
    now: () => nowMs,
    afterTurn: (run) => run(),
    onRefused: () => (refused += 1),
  })
  const refusesMoney = (): boolean => overload.isOverloaded && overload.refuses('money', undefined)
  let ends = Array.from({ length: 30 }, (_, route) => overload.begin(`route ${route % 10}`))
  expect(refusesMoney()).toBe(false)
  nowMs += 2_000
  expect(refusesMoney()).toBe(true)
  // It was refused lately, so one window that is slow is enough when the next ones wait.
  for (const end of ends) end()
  ends = Array.from({ length: 30 }, (_, route) => overload.begin(`route ${route % 10}`))
  nowMs += 1_000
  ends[0]?.()
  expect(refusesMoney()).toBe(true)
  expect(refused).toBe(2)
})

test('where a busy process refuses everybody, somebody is let in a second after that', () => {
  const one = new Process()
  one.run(STEP_MS, { arriving: { pay: 20 } })
  one.run(20_000, { arriving: { join: 40, pay: 1 }, served: { join: 40 }, turnMs: 950 })
  const { length } = one.refusedAt.join
  expect(length).toBeGreaterThan(0)
  // Nobody who is in work ends.
  one.run(1_200, { arriving: { join: 1 } })
  const joined = one.refusedAt.join.length
  one.run(1_000, { arriving: { join: 1 }, served: { join: 40 } })
  expect(one.refusedAt.join).toHaveLength(joined)
})
