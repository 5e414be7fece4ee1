import { beforeEach, describe, expect, test } from '@jest/globals'
import { refuse } from '@frontrow/proto/refusals'
import { createLogger } from '@frontrow/service-host/logger'
import { TokenWatch } from './token-watch.ts'

const logger = createLogger({ service: 'catalog-test', level: 'silent' })
const check = { token: 'a', scheduleId: 1 }

let nowMs: number
let asked: string[]
let answer: () => Promise<unknown>
let ends: string[]

beforeEach(() => {
  nowMs = 1_000
  asked = []
  ends = []
  answer = async () => ({})
})

function startWatch(): TokenWatch {
  return new TokenWatch({
    verifyToken: ({ token }) => {
      asked.push(token)
      return answer()
    },
    logger,
    now: () => nowMs,
  })
}

/** Runs rounds for this long, five a second. */
async function pass(watch: TokenWatch, ms: number): Promise<void> {
  for (const until = nowMs + ms; nowMs < until; nowMs += 200) await watch.round()
}

describe('a token that streams follow', () => {
  test('is asked about some 50 times a minute, however long it lives', async () => {
    const watch = startWatch()
    watch.follow(check, (why) => ends.push(why))
    await pass(watch, 3_600_000)
    expect([asked.length, ends]).toEqual([2_999, []])
  })

  test.each(['QUEUE_TOKEN_INVALID', 'QUEUE_TOKEN_NOT_ACTIVE'] as const)(
    'ends its stream within 2 s of becoming %s, once',
    async (code) => {
      const watch = startWatch()
      watch.follow(check, (why) => ends.push(why))
      await pass(watch, 5_000)
      answer = async () => Promise.reject(refuse(code, 'no'))
      await pass(watch, 1_600)
      expect(ends).toEqual(['TOKEN_ENDED'])
      await pass(watch, 10_000)
      expect(ends).toEqual(['TOKEN_ENDED'])
    },
  )

  test('is not asked about when its stream has closed, even while it was being asked about', async () => {
    const watch = startWatch()
    const unfollow = watch.follow(check, (why) => ends.push(why))
    answer = async () => {
      unfollow()
      throw refuse('QUEUE_TOKEN_INVALID', 'no')
    }
    await pass(watch, 10_000)
    expect([asked.length, ends]).toEqual([1, []])
  })

  test('keeps its stream for 30 s while the waiting room does not answer, then ends it', async () => {
    const watch = startWatch()
    watch.follow(check, (why) => ends.push(why))
    answer = async () => Promise.reject(refuse('UNAVAILABLE', 'away'))
    await pass(watch, 29_000)
    expect(ends).toEqual([])
    await pass(watch, 3_000)
    expect(ends).toEqual(['TOKEN_UNVERIFIED'])
  })

  test('has its 30 s again after each answer', async () => {
    const watch = startWatch()
    watch.follow(check, (why) => ends.push(why))
    for (let outage = 0; outage < 3; outage += 1) {
      answer = async () => Promise.reject(new Error('away'))
      await pass(watch, 20_000)
      answer = async () => ({})
      await pass(watch, 2_000)
    }
    expect(ends).toEqual([])
  })
})
