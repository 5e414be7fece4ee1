import { expect, test } from '@jest/globals'
import { returnPath } from './sign-in.ts'

test('a person comes back to where the sign-in began', () => {
  expect(returnPath({ returnTo: '/concerts/1/schedules/7/line?x=1' })).toBe(
    '/concerts/1/schedules/7/line?x=1',
  )
})

test.each([
  ['another site', '//evil.example/x'],
  ['another site by a backslash', '/\\evil.example'],
  ['a whole address', 'https://evil.example'],
  ['a script', 'javascript:alert(1)'],
  ['the way back itself', '/signed-in?code=1'],
  ['nothing', undefined],
])('%s is never where a sign-in leads', (_what, returnTo) => {
  expect(returnPath({ returnTo })).toBe('/')
  expect(returnPath(returnTo)).toBe('/')
})
