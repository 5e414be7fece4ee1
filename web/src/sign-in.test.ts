import { expect, test } from '@jest/globals'
import { isLoginRequired, readConfig, returnPath } from './sign-in.ts'

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

test('a configuration without a provider or a name at it is none', () => {
  const config = { issuer: 'https://id.example', clientId: 'pages', resource: '' }
  expect(readConfig(config)).toEqual(config)
  for (const bad of [{ ...config, issuer: '' }, { ...config, clientId: '' }, { issuer: 'x' }, null, 'x'])
    expect(readConfig(bad)).toBeUndefined()
})

test('only the provider itself can say that nobody is signed in', () => {
  expect(isLoginRequired(Object.assign(new Error('no'), { error: 'login_required' }))).toBe(true)
  expect(isLoginRequired(Object.assign(new Error('no'), { error: 'server_error' }))).toBe(false)
  expect(isLoginRequired(new Error('login_required'))).toBe(false)
})
