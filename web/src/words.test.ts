import { expect, test } from '@jest/globals'
import { readSentences, sayer } from './words.ts'

const words = new Map(
  readSentences({
    loading: 'Loading…',
    line: { ahead_one: '{{count}} person', ahead_other: '{{count}} people', estimate: '{{from}} to {{to}}' },
  }),
)
const say = sayer(words, 'en')

test('a sentence is found by its key, with its values in their places', () => {
  expect(say('loading')).toBe('Loading…')
  expect(say('line.estimate', { from: 3, to: 'five' })).toBe('3 to five')
})

test('a count chooses the plural, and is written as people of the language do', () => {
  expect(say('line.ahead', { count: 1 })).toBe('1 person')
  expect(say('line.ahead', { count: 12_345 })).toBe('12,345 people')
  expect(say('line.ahead', { count: 0 })).toBe('0 people')
})

test('what is missing is seen, not hidden', () => {
  expect(say('concerts.title')).toBe('concerts.title')
  expect(say('line.estimate', { from: 1 })).toBe('1 to {{to}}')
})
