import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

const urlOf = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href)

test('a service with a failpoint does not start in production, and says why beside what else is wrong', () => {
  const program = `
    import { runMain } from ${urlOf('lifecycle.ts')}
    import { readSettings } from ${urlOf('../../settings/src/read-settings.ts')}
    import { workerSettings } from ${urlOf('config.ts')}
    await runMain('wallet', () => readSettings(workerSettings, process.env), () => console.log('started'))`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    env: { FAILPOINT: 'relay-read/WalletDebited:exit@1', NODE_ENV: 'production' },
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect([status, stdout, stderr]).toEqual([
    1,
    '',
    expect.stringMatching(
      /^wallet: the settings are wrong:\n {2}OPS_PORT: [^]+\n {2}FAILPOINT: in production it must not be set/,
    ),
  ])
})
