import { afterAll, expect, test } from '@jest/globals'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canChangeAccount } from '../src/run-as.ts'
import { tryCommand } from '../src/run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'frontrow-run-as-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// What is tried is for root alone.
const tests = canChangeAccount() ? test : test.skip

tests.each([
  ['all rights', []],
  ['the rights that Docker leaves it', ['--bounding-set=-dac_read_search']],
  ['hardly any rights', ['--bounding-set=-dac_read_search,-setpcap']],
])(
  'root with %s runs a program as another account that reads what lies in a closed folder',
  async (_which, limits) => {
    const file = join(folder, 'here')
    writeFileSync(file, 'it is here')
    chmodSync(folder, 0o700)
    const module = new URL('../src/run-as.ts', import.meta.url).href
    const program = `
    const { asAccount } = await import(${JSON.stringify(module)})
    const account = { name: 'somebody', uid: 65534, gid: 65534, readsAll: true }
    const { command, args } = asAccount('/bin/sh', ['-c', 'cat "$0"; id -u', ${JSON.stringify(file)}], account)
    const { spawnSync } = await import('node:child_process')
    spawnSync(command, args, { stdio: 'inherit' })
  `
    const args = [...limits, process.execPath, '--input-type=module', '--eval', program]
    const { output } = await tryCommand('setpriv', args, { timeoutMs: 60_000 })
    expect(output).toBe('it is here65534\n')
  },
)
