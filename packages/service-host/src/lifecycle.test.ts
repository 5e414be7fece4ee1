import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

const MODULE = new URL('lifecycle.ts', import.meta.url).href

test('a service with a failpoint does not start in production, and says why', () => {
  const program = `
    import { runMain } from ${JSON.stringify(MODULE)}
    await runMain('wallet', () => { throw new Error('the settings were read') })`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    env: { FAILPOINT: 'relay-read/WalletDebited:exit@1', NODE_ENV: 'production' },
    encoding: 'utf8',
    timeout: 10_000,
  })
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^wallet: FAILPOINT is set.*NODE_ENV is production\n$/),
  ])
})
