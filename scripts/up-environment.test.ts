import { expect, test } from '@jest/globals'
import { environmentOf } from './up-environment.ts'

const given = {
  PATH: '/bin',
  NODE_OPTIONS: '--trace-warnings',
  HOLD_MS: '1000',
  LOG_LEVEL: 'warn',
  STRIPE_SECRET_KEY_FILE: '/secrets/stripe',
  SMTP_URL: 'smtp://user:password@mail.example',
  JOIN_CHECK_SECRET_FILE: 'secrets/join',
  PORT: '9080',
}
const common = { PATH: '/bin', NODE_OPTIONS: '--trace-warnings', LOG_LEVEL: 'warn' }

test("a program of npm start gets its own settings and nobody else's secrets, and those in files by the place of the file", () => {
  expect(environmentOf('wallet', given, {})).toEqual({ ...common, STRIPE_SECRET_KEY_FILE: '/secrets/stripe' })
  expect(environmentOf('notify', given, {})).toEqual({ ...common, SMTP_URL: given.SMTP_URL })
  expect(environmentOf('reservation', given, {})).toEqual({ ...common, HOLD_MS: '1000' })
  expect(environmentOf('queue', given, {})).toEqual({
    ...common,
    JOIN_CHECK_SECRET_FILE: `${process.cwd()}/secrets/join`,
  })
})

test('what npm start decides counts more than what was given, also in a file', () => {
  const env = { DATABASE_URL_FILE: '/given', JWT_SECRET_FILE: '/given', DATABASE_URL: 'given' }
  const own = { DATABASE_URL: 'own', JWT_SECRET: 'own' }
  expect(environmentOf('wallet', env, own)).toEqual(own)
})
