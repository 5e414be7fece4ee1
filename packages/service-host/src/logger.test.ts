import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

const PASSWORD = 'p@ss"word$1+/x'
const KEY = '4f1c9a70b2d85e63917ac0fe24d8b35a'

/** What a process logs that has read these settings. */
function logOf(env: Record<string, string>, program: string): string {
  const url = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href)
  const whole = `
    import { readSettings } from ${url('../../settings/src/read-settings.ts')}
    import { createLogger } from ${url('logger.ts')}
    import { z } from 'zod'
    const text = z.string()
    const settings = readSettings(z.object({ DATABASE_URL: text, STRIPE_SECRET_KEY: text, HOST: text }), process.env)
    const logger = createLogger({ service: 'wallet', level: 'info' })
    ${program}`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', whole], {
    cwd: import.meta.dirname,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

test('secrets of the settings are in no line of the log, wherever they stand in it', () => {
  const env = {
    DATABASE_URL: `postgres://wallet:${encodeURIComponent(PASSWORD)}@db.example/frontrow`,
    STRIPE_SECRET_KEY: KEY,
    HOST: 'a-host-that-is-no-secret',
  }
  const log = logOf(
    env,
    `logger.info({ settings }, 'all of them')
     logger.error({ err: Object.assign(new Error('no connection to ' + settings.DATABASE_URL), { input: settings.DATABASE_URL }) }, 'an error')
     logger.warn('key ' + settings.STRIPE_SECRET_KEY + ', password ' + ${JSON.stringify(PASSWORD)})`,
  )
  for (const secret of [PASSWORD, JSON.stringify(PASSWORD).slice(1, -1), encodeURIComponent(PASSWORD), KEY]) {
    expect(log).not.toContain(secret)
  }
  const lines = log.trim().split('\n')
  expect(lines.map((line) => Object(JSON.parse(line)).msg)).toEqual([
    'all of them',
    'an error',
    'key [redacted], password [redacted]',
  ])
  expect(lines[0]).toContain(env.HOST)
  expect(lines[0]).toContain('postgres://wallet:[redacted]@db.example/frontrow')
})
