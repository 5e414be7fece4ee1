import { expect, jest, test } from '@jest/globals'
import type { Offsets } from 'kafkajs'
import { pino } from 'pino'
import { OffsetCommits } from './offset-commits.ts'

const logger = pino({ level: 'silent' })

/** Writes down what is committed, as `topic/partition:offset`; `answers` come one for each commit, then all succeed. */
function recorder(answers: (() => Promise<void>)[] = []) {
  const commits: string[][] = []
  const commitOnce = async (offsets: Offsets = { topics: [] }): Promise<void> => {
    commits.push(
      offsets.topics.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => `${topic}/${partition}:${offset}`),
      ),
    )
    await answers.shift()?.()
  }
  return { commits, commitOnce }
}

test('offsets of all topics and partitions share one commit, the last of each', async () => {
  const { commits, commitOnce } = recorder()
  const offsets = new OffsetCommits(logger)
  offsets.handled('a', 0, '7', commitOnce)
  offsets.handled('a', 1, '0', commitOnce)
  offsets.handled('b', 0, '9007199254740993', commitOnce)
  offsets.handled('a', 0, '9', commitOnce)
  await offsets.stop()
  expect(commits).toEqual([['a/0:10', 'a/1:1', 'b/0:9007199254740994']])
  await offsets.commit()
  expect(commits).toHaveLength(1)
})

test('a commit that failed is tried again although no other message comes', async () => {
  jest.useFakeTimers()
  try {
    const { commits, commitOnce } = recorder([() => Promise.reject(new Error('no coordinator'))])
    const offsets = new OffsetCommits(logger)
    offsets.handled('a', 0, '7', commitOnce)
    await jest.advanceTimersByTimeAsync(500)
    expect(commits).toEqual([['a/0:8']])
    await jest.advanceTimersByTimeAsync(500)
    expect(commits).toEqual([['a/0:8'], ['a/0:8']])
    expect(jest.getTimerCount()).toBe(0)
  } finally {
    jest.useRealTimers()
  }
})

test('a commit that fails after the partitions were lost is not repeated', async () => {
  const answer = Promise.withResolvers<void>()
  const { commits, commitOnce } = recorder([() => answer.promise])
  const offsets = new OffsetCommits(logger)
  offsets.handled('a', 0, '7', commitOnce)
  const committed = offsets.commit()
  await Promise.resolve()
  offsets.forget()
  offsets.handled('a', 1, '3', commitOnce)
  answer.reject(new Error('the generation is an old one'))
  await committed
  await offsets.stop()
  expect(commits).toEqual([['a/0:8'], ['a/1:4']])
})

test('a late failure does not bring back an offset that a later commit has passed', async () => {
  const answer = Promise.withResolvers<void>()
  const { commits, commitOnce } = recorder([() => answer.promise])
  const offsets = new OffsetCommits(logger)
  offsets.handled('a', 0, '7', commitOnce)
  const first = offsets.commit()
  await Promise.resolve()
  offsets.handled('a', 0, '9', commitOnce)
  const second = offsets.commit()
  answer.reject(new Error('timed out'))
  await Promise.all([first, second])
  await offsets.stop()
  expect(commits.at(-1)).toEqual(['a/0:10'])
  expect(commits).toHaveLength(2)
})
