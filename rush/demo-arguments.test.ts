import { expect, test } from '@jest/globals'
import { readDemoArguments } from './demo-arguments.ts'

test('a demo has defaults for everything, and finds the system beside it', () => {
  expect(readDemoArguments([], { PORT: '9000' })).toEqual({
    kind: 'run',
    options: { fans: 300, waitSeconds: 30, minutes: 10, url: 'http://127.0.0.1:9000' },
  })
})

test.each([
  [['--fans', '5'], '--fans must be a whole number of 20 to 2000'],
  [['--minutes', '0'], '--minutes must be a whole number of 1 to 120'],
  [['--wait-seconds', '1.5'], '--wait-seconds must be a whole number of 5 to 600'],
  [['--url', 'http://example.com'], 'only runs against this machine'],
  [['--seats', '5'], '--seats'],
])('%j is answered with what is wrong', (argv, problem) => {
  expect(readDemoArguments(argv, {})).toMatchObject({
    kind: 'wrong',
    problem: expect.stringContaining(problem),
  })
})
