import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

const MODULE = new URL('failpoint.ts', import.meta.url).href

/** Arms a failpoint in a process of its own, lets things pass, and returns how it ended and how many passes it survived. */
function run(env: Record<string, string>, passes: readonly (readonly [string, readonly string[]])[]) {
  const program = `
    import { writeSync } from 'node:fs'
    import { armFailpoint, failpoint } from ${JSON.stringify(MODULE)}
    armFailpoint(process.env)
    for (const [place, types] of ${JSON.stringify(passes)}) {
      failpoint(place, () => types)
      writeSync(1, '.')
    }`
  const { signal, status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { env, encoding: 'utf8', timeout: 60_000 },
  )
  return { signal, status, survived: stdout.length, stderr }
}

test('a process dies of SIGKILL when the n-th thing of the type passes the place, and does nothing after it', () => {
  const passes = [
    ['relay-read', ['DebitWallet']],
    ['relay-published', ['RefundWallet', 'DebitWallet']],
    ['relay-published', ['RefundWallet']],
    ['relay-published', ['DebitWallet', 'DebitWallet']],
    ['relay-published', ['DebitWallet']],
  ] as const
  const second = run({ FAILPOINT: 'relay-published/DebitWallet:exit@2' }, passes)
  expect(second).toMatchObject({ signal: 'SIGKILL', survived: 3 })
  const fourth = run({ FAILPOINT: 'relay-published/DebitWallet:exit@4' }, passes)
  expect(fourth).toMatchObject({ signal: 'SIGKILL', survived: 4 })
  const fifth = run({ FAILPOINT: 'relay-published/DebitWallet:exit@5' }, passes)
  expect(fifth).toMatchObject({ signal: null, status: 0, survived: 5 })
})

test.each([{}, { FAILPOINT: '' }])('without a failpoint, as with %j, nothing happens at any place', (env) => {
  expect(run(env, [['relay-read', ['DebitWallet']]])).toMatchObject({ signal: null, status: 0, survived: 1 })
})

test('a failpoint is refused in production', () => {
  const env = { FAILPOINT: 'relay-read/DebitWallet:exit@1', NODE_ENV: 'production' }
  const ended = run(env, [['relay-read', ['DebitWallet']]])
  expect(ended).toMatchObject({ signal: null, status: 1, survived: 0 })
  expect(ended.stderr).toContain('NODE_ENV is production')
})

test.each(['relay-read', 'relay-read/DebitWallet', 'relay-read/DebitWallet:exit@0', 'nowhere/X:exit@1', 'x'])(
  'a failpoint that is not understood, as %s, is refused with the rule',
  (setting) => {
    const { status, stderr } = run({ FAILPOINT: setting }, [])
    expect(status).toBe(1)
    expect(stderr).toContain(`FAILPOINT is place/type:exit@n`)
    expect(stderr).toContain(`it is "${setting}"`)
  },
)
