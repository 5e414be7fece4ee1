import { expect, test } from '@jest/globals'
import { readArguments, rowNames } from './arguments.ts'

test('without arguments every row is measured', () => {
  expect(readArguments([])).toEqual({
    kind: 'run',
    options: { quick: false, rows: new Set(rowNames), check: false, docs: false, profileFolder: undefined },
  })
})

test('--only can be said more than once and takes lists', () => {
  expect(readArguments(['--quick', '--only', 'join, place', '--only', 'rebuild'])).toMatchObject({
    kind: 'run',
    options: { quick: true, rows: new Set(['join', 'place', 'rebuild']) },
  })
})

test('an unknown row or option is told, with what there is', () => {
  expect(readArguments(['--only', 'jion'])).toMatchObject({
    kind: 'wrong',
    problem: expect.stringMatching(/now-serving.*'jion'/),
  })
  expect(readArguments(['--rounds'])).toMatchObject({
    kind: 'wrong',
    problem: expect.stringContaining('--rounds'),
  })
})

test('--help is help, whatever else is asked', () => {
  expect(readArguments(['--quick', '-h'])).toEqual({ kind: 'help' })
})
