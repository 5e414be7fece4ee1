import { expect, test } from '@jest/globals'
import { z } from 'zod'
import { address, explainUsage, option, optionLines, preset, readCommandLine, text } from './command-line.ts'

const short = text('must be short', ({ length }) => length < 5)
const options = z.object({
  userName: option(short, 'NAME', 'who it is for'),
  size: preset(short.transform(Number), '20', 'how large it is'),
  isDry: option(z.boolean().default(false), '', 'changes nothing'),
})

test('options that are not given have their defaults, and a flag needs no value', () => {
  expect(readCommandLine(['--is-dry', '--user-name', 'ann'], options)).toEqual({
    kind: 'values',
    values: { userName: 'ann', size: 20, isDry: true },
  })
  expect(readCommandLine(['--size=7'], options, { userName: 'bob', size: '8' })).toEqual({
    kind: 'values',
    values: { userName: 'bob', size: 7, isDry: false },
  })
})

test('an option that is missing or breaks its rule is told by its name', () => {
  const missing = { kind: 'wrong', problem: '--user-name is missing' }
  expect(readCommandLine([], options)).toEqual(missing)
  const broken = { kind: 'wrong', problem: "--user-name must be short, not 'nathaniel'" }
  expect(readCommandLine(['--user-name', 'nathaniel'], options)).toEqual(broken)
})

test('--help shows every option with what it takes or its default', () => {
  expect(optionLines(options).split('\n')).toEqual([
    '  --user-name NAME  who it is for',
    '  --size 20         how large it is',
    '  --is-dry          changes nothing',
  ])
})

test('help goes to the output with exit code 0, a problem to the error output in one line with 2', () => {
  const lines: string[] = []
  const out = {
    log: (line: string) => lines.push(`log ${line}`),
    error: (line: string) => lines.push(`error ${line}`),
  }
  expect(explainUsage('rush', { kind: 'help' }, 'the usage', out)).toBe(0)
  expect(explainUsage('rush', { kind: 'wrong', problem: '--fans is missing' }, 'the usage', out)).toBe(2)
  expect(lines).toEqual(['log the usage', 'error rush: --fans is missing (--help shows all)'])
})

test.each(['http://localhost:8080/api', 'http://localhost:8080/?a=1', 'http://localhost:8080/#a', '8080'])(
  '%s is no address of a system',
  (given) => {
    expect(address.safeParse(given).success).toBe(false)
  },
)
