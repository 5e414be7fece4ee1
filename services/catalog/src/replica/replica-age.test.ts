import { describe, expect, test } from '@jest/globals'
import { ReplicaAge } from './replica-age.ts'

/** The replica's age at the last of some looks, one a second; `committed` is how long before its look the last replayed commit was made. */
function ageAfter(looks: readonly { primary: number; replica: number; committed: number | null }[]): number {
  const age = new ReplicaAge()
  // The primary's clock is another one than ours.
  const clockMs = 1_790_000_000_000
  let atMs = 0
  for (const [index, { primary, replica, committed }] of looks.entries()) {
    atMs = 50_000 + index * 1_000
    const nowMs = clockMs + index * 1_000
    age.note({
      atMs,
      primary: { position: primary, clockMs: nowMs },
      replica: { position: replica, committedAtMs: committed === null ? null : nowMs - committed },
    })
  }
  return atMs - age.completeUntilMs
}

describe('what a replica shows is', () => {
  test('as new as the look when all is replayed, however long nobody has written', () => {
    expect(ageAfter([{ primary: 500, replica: 500, committed: 3_600_000 }])).toBe(0)
    expect(ageAfter([{ primary: 500, replica: 500, committed: null }])).toBe(0)
    expect(ageAfter([{ primary: 500, replica: 510, committed: 40 }])).toBe(0)
  })

  test('as old as its last commit while the primary is ahead of it', () => {
    expect(ageAfter([{ primary: 500, replica: 499, committed: 70 }])).toBe(70)
  })

  test('as old as the last place that it has reached, where its last commit is from before a rest', () => {
    const rest = { primary: 500, replica: 500, committed: 3_600_000 }
    expect(ageAfter([rest, rest, { primary: 900, replica: 500, committed: 3_601_000 }])).toBe(1_000)
  })

  test('growing while it replays nothing', () => {
    const stuck = (primary: number, committed: number) => ({ primary, replica: 500, committed })
    expect(ageAfter([stuck(500, 10), stuck(600, 1_010), stuck(700, 2_010), stuck(800, 3_010)])).toBe(3_000)
  })

  test('not growing while it follows a long transaction, in which nothing is committed', () => {
    const looks = Array.from({ length: 10 }, (_, index) => ({
      primary: 500 + index * 100,
      replica: 450 + index * 100,
      committed: 60_000 + index * 1_000,
    }))
    expect(ageAfter(looks)).toBe(1_000)
  })

  test('new again when it has caught up', () => {
    const behind = { primary: 900, replica: 500, committed: 9_000 }
    expect(ageAfter([behind, behind, { primary: 900, replica: 900, committed: 11_000 }])).toBe(0)
  })

  test('unknown where it has reached no place that was seen and committed nothing', () => {
    expect(ageAfter([{ primary: 900, replica: 500, committed: null }])).toBe(Infinity)
  })

  test('older when another replica that is further behind answers', () => {
    const near = { primary: 500, replica: 500, committed: 10 }
    expect(ageAfter([near, near, { primary: 500, replica: 100, committed: 30_000 }])).toBe(30_000)
  })
})
