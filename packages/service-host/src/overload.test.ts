import { expect, test } from '@jest/globals'
import { Overload } from './overload.ts'

const LIMIT_MS = 300
const STEP_MS = 10

/** A process that answers one request after another, of which so many come every 10 ms, on a clock of its own. */
class Server {
  nowMs = 0
  /** Who was refused, at which time. */
  readonly refusedAt: number[] = []
  readonly #overload = new Overload({ limitMs: LIMIT_MS, now: () => this.nowMs })
  readonly #line: (() => void)[] = []

  /** Runs for so long. Those who come while it stands still wait at the socket, and are seen afterwards. */
  run(ms: number, { arriving, served }: { arriving: number; served: number }): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs += STEP_MS) {
      for (let count = 0; count < arriving; count += 1) {
        if (this.#overload.refuses('read')) this.refusedAt.push(this.nowMs)
        else this.#line.push(this.#overload.begin('read'))
      }
      for (const end of this.#line.splice(0, served)) end()
    }
  }

  get inLine(): number {
    return this.#line.length
  }
}

test.each([
  ['the database', { arriving: 5, served: 0 }],
  ['the process itself', { arriving: 0, served: 0 }],
])('one stall of a second, of %s, refuses nobody', (_what, stall) => {
  const server = new Server()
  server.run(2_000, { arriving: 5, served: 10 })
  // Those who are in work when it begins.
  server.run(50, { arriving: 5, served: 0 })
  server.run(1_000, stall)
  server.run(5_000, { arriving: 5, served: 10 })
  expect(server.refusedAt).toEqual([])
  expect(server.inLine).toBe(0)
})

test('a crowd at three times what can be done is refused within two seconds, and goes on being refused while it comes', () => {
  const server = new Server()
  server.run(10_000, { arriving: 6, served: 2 })
  const [first] = server.refusedAt
  expect(first).toBeLessThan(2_000)
  // Two of three are too much, and those who are let through are served within about a second.
  expect(server.refusedAt.length).toBeGreaterThan(3_000)
  expect(server.inLine).toBeLessThan(200)
})

test('what stands still is refused for as long as it does, and not when it goes on', () => {
  const server = new Server()
  server.run(5_000, { arriving: 5, served: 0 })
  expect(server.refusedAt.at(-1)).toBeGreaterThan(4_900)
  server.run(10_000, { arriving: 5, served: 10 })
  expect(server.inLine).toBe(0)
  const { length } = server.refusedAt
  server.run(5_000, { arriving: 5, served: 10 })
  expect(server.refusedAt).toHaveLength(length)
})
