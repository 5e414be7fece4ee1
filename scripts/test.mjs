// npm test: installs the packages and programs, then runs Jest under Node 24 with the arguments behind `npm test --`. Its last
// line holds the totals.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePackages, root, runUnderNode24 } from './bootstrap.mjs'

ensurePackages()
const args = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'frontrow-totals-'))
const totalsFile = join(folder, 'totals.json')
process.env.FRONTROW_TEST_TOTALS = totalsFile
process.exitCode = await run()
if (existsSync(totalsFile)) printTotals(JSON.parse(readFileSync(totalsFile, 'utf8')))
else if (process.exitCode !== 0) printTotals({ passed: 0, failed: 1, skipped: 0 })
rmSync(folder, { recursive: true, force: true })

async function run() {
  const prepared = onlyUnitTests() ? 0 : await runUnderNode24([join(root, 'scripts', 'test-programs.ts')])
  if (prepared !== 0) return prepared
  return runUnderNode24([
    '--experimental-vm-modules',
    '--require',
    join(root, 'scripts', 'quiet-vm-modules.cjs'),
    join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
    '--reporters=default',
    `--reporters=${join(root, 'scripts', 'test-totals.mjs')}`,
    // These come last, because --reporters takes every word that follows it.
    '--rootDir',
    root,
    ...args,
  ])
}

function onlyUnitTests() {
  const at = args.findIndex((arg) => arg.startsWith('--selectProjects'))
  if (at === -1) return false
  const [, given] = args[at].split('=')
  const names = given === undefined ? args.slice(at + 1) : [given]
  return (
    names.length > 0 &&
    names.every((name) => name === 'unit' || name.startsWith('-')) &&
    names.includes('unit')
  )
}

function printTotals({ passed, failed, skipped }) {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
}
