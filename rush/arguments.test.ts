import { describe, expect, test } from '@jest/globals'
import { readArguments } from './arguments.ts'
import type { RushOptions } from './arguments.ts'

function optionsOf(argv: string[], env: Record<string, string> = {}): RushOptions {
  const command = readArguments(argv, env, 42)
  if (command.kind !== 'run') throw new Error(`not a run: ${JSON.stringify(command)}`)
  return command.options
}

describe('readArguments', () => {
  test('has defaults for everything', () => {
    const options = optionsOf([])
    expect(options).toMatchObject({ fans: 2_000, seats: 500, url: 'http://127.0.0.1:8080', seed: 42 })
    expect(options.maxActive).toBeUndefined()
  })

  test('takes the port of the system that runs beside it', () => {
    expect(optionsOf([], { PORT: '9000' }).url).toBe('http://127.0.0.1:9000')
    expect(optionsOf([], { PORT: '' }).url).toBe('http://127.0.0.1:8080')
    expect(optionsOf(['--url', 'http://127.0.0.1:7000/'], { PORT: '9000' }).url).toBe('http://127.0.0.1:7000')
  })

  test('reads shares as percent or fraction', () => {
    const { shares } = optionsOf(['--broke', '7.5%', '--card=0.5', '--leave', '0'])
    expect(shares).toMatchObject({ broke: 0.075, card: 0.5, leave: 0 })
  })

  test.each([
    [['--fans', '0'], '--fans must be a whole number of 1 to 1000000'],
    [['--fans', '1.5'], '--fans must be a whole number'],
    [['--fans', ''], '--fans must be'],
    [['--seats', '20000'], '--seats must be'],
    [['--broke', '5'], '--broke must be a share such as 5% or 0.05'],
    [['--broke', '-1%'], '--broke'],
    [['--url', 'https://localhost:8443'], 'http://'],
    [['--url', 'http://localhost:8080/api'], 'no path'],
    [['--url', 'nonsense'], 'not an address'],
    [['--seets', '5'], '--seets'],
    [['500'], '500'],
  ])('%j is answered with what is wrong', (argv, problem) => {
    const command = readArguments(argv, {}, 1)
    expect(command).toMatchObject({ kind: 'wrong', problem: expect.stringContaining(problem) })
  })

  test.each([
    'http://example.com',
    'http://10.0.0.5:8080',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://0.0.0.0:8080',
  ])('refuses to load %s', (url) => {
    const command = readArguments(['--url', url], {}, 1)
    expect(command).toMatchObject({
      kind: 'wrong',
      problem: expect.stringContaining('only runs against this machine'),
    })
  })

  test('--help wins', () => {
    expect(readArguments(['--help'], {}, 1)).toEqual({ kind: 'help' })
  })
})
