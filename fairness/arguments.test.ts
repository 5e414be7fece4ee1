import { describe, expect, test } from '@jest/globals'
import { readArguments } from './arguments.ts'

const hash = 'ab'.repeat(32)

describe('readArguments', () => {
  test('needs only a schedule', () => {
    expect(readArguments(['--schedule', '7'], {})).toEqual({
      kind: 'check',
      options: {
        scheduleId: 7,
        url: 'http://localhost:8080',
        commitment: undefined,
        head: undefined,
        entry: undefined,
      },
    })
  })

  test('takes the port of the system that runs beside it, or any address', () => {
    const urlOf = (argv: string[]) => readArguments(['--schedule', '7', ...argv], { PORT: '9000' })
    expect(urlOf([])).toMatchObject({ options: { url: 'http://localhost:9000' } })
    expect(urlOf(['--url', 'https://tickets.example/'])).toMatchObject({
      options: { url: 'https://tickets.example' },
    })
  })

  test('reads what was noted, hashes in any case', () => {
    const argv = ['--schedule', '7', '--commitment', hash.toUpperCase(), '--head', `12:${hash.toUpperCase()}`]
    expect(readArguments(argv, {})).toMatchObject({
      options: { commitment: hash, head: { number: 12, hash } },
    })
    expect(readArguments(['--schedule', '7', '--head', `0:${hash}`], {})).toMatchObject({
      options: { head: { number: 0, hash } },
    })
  })

  test('reads an entry, alone or with the sequence that was told', () => {
    const entryOf = (value: string) => readArguments(['--schedule', '7', '--entry', value], {})
    expect(entryOf('3')).toMatchObject({ options: { entry: { entry: 3, sequence: undefined } } })
    expect(entryOf('3:14')).toMatchObject({ options: { entry: { entry: 3, sequence: 14 } } })
  })

  test.each([
    [[], '--schedule is missing'],
    [['--schedule'], '--schedule'],
    [['--schedule', '0'], '--schedule must be a whole number from 1 on'],
    [['--schedule', '1.5'], '--schedule must be'],
    [['--schedule', '1e3'], '--schedule must be'],
    [['--schedule', ''], '--schedule must be'],
    [['--schedule', '9007199254740993'], '--schedule must be'],
    [['--schedule', '7', '--url', 'nonsense'], '--url must be an address'],
    [['--schedule', '7', '--url', 'ftp://example.com'], '--url must start with http'],
    [['--schedule', '7', '--url', 'http://localhost:8080/api'], '--url must have no path'],
    [['--schedule', '7', '--url', 'http://me:secret@localhost'], '--url must name no user'],
    [['--schedule', '7', '--commitment', 'abc'], '--commitment must be 64 hex digits'],
    [['--schedule', '7', '--head', hash], '--head must be NUMBER:HASH'],
    [['--schedule', '7', '--head', '-1:abc'], '--head'],
    [['--schedule', '7', '--entry', '0'], '--entry must be ENTRY or ENTRY:SEQUENCE'],
    [['--schedule', '7', '--entry', '3:'], '--entry must be'],
    [['--schedul', '7'], '--schedul'],
    [['7'], '7'],
  ])('%j is answered with one line that names what is wrong', (argv, problem) => {
    const command = readArguments(argv, {})
    expect(command).toMatchObject({ kind: 'wrong', problem: expect.stringContaining(problem) })
    expect(command).toMatchObject({ problem: expect.not.stringContaining('\n') })
  })

  test('--help wins', () => {
    expect(readArguments(['--help'], {})).toEqual({ kind: 'help' })
  })
})
