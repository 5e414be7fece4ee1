import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from '@jest/globals'
import { z } from 'zod'
import type { Stage } from './stage.ts'

/** Fields of settings.json that are told to everybody. */
const PUBLIC = new Set(['jwtAlgorithm', 'jwtKeyId', 'jwtIssuer', 'jwtAudience', 'jwtPreviousKeys'])
/** Compiled code, and what the servers keep: files of theirs come and go at any time, and hold no secret of ours as it is. */
const LEFT_OUT = new Set(['compile-cache', 'postgres', 'kafka/log', 'redis/appendonlydir'])
/** What is larger is no file of settings. */
const BYTES_MAX = 1_000_000
const A_TOKEN = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/

/** The texts in a value of JSON; a key of several lines is one for each. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string')
    return value.split('\n').filter((line) => line.length > 8 && !line.startsWith('--'))
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** What `look` finds; undefined where the file, folder or process is gone by now. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    // A process that ends while its file in /proc is read is told by ESRCH.
    const isGone =
      error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))
    if (isGone) return undefined
    throw error
  }
}

/** Every file of a data folder that may have a secret in it. */
function filesIn(dataFolder: string, folder = dataFolder): string[] {
  const entries = unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? []
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return LEFT_OUT.has(relative(dataFolder, path)) ? [] : filesIn(dataFolder, path)
    return entry.isFile() ? [path] : []
  })
}

/** A file, unless it is large, or gone by now. */
function read(path: string): string {
  return unlessGone(() => (statSync(path).size > BYTES_MAX ? '' : readFileSync(path, 'latin1'))) ?? ''
}

/** What the system has written by the end of all stories. */
export function secretStories(stage: Stage): void {
  const known = () => {
    const folder = z.string().parse(stage.system.env['DATA_DIR'])
    const settings = z.looseObject({}).parse(JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8')))
    const secrets = textsIn(
      Object.entries(settings)
        .filter(([name]) => !PUBLIC.has(name))
        .map(([, value]) => value),
    )
    // The passwords of PostgreSQL's six roles, the key of tickets, and the lines of the key that signs tokens.
    expect(secrets.length).toBeGreaterThan(20)
    return { folder, has: (text: string) => secrets.some((secret) => text.includes(secret)) }
  }

  test('no log has a secret or a token in it', () => {
    const { folder, has } = known()
    const logs = readdirSync(join(folder, 'log')).map(
      (name) => [name, read(join(folder, 'log', name))] as const,
    )
    const written = logs.filter(([, text]) => text !== '').map(([name]) => name)
    expect(written).toEqual(
      expect.arrayContaining(['frontrow.log', 'queue.log', 'payment.log', 'postgres.log']),
    )
    expect(logs.filter(([, text]) => has(text) || A_TOKEN.test(text)).map(([name]) => name)).toEqual([])
  })

  test('who else is on the machine can read no file with a secret', () => {
    const { folder, has } = known()
    const files = filesIn(folder).filter((path) => has(read(path)) || read(path).includes('PRIVATE KEY-----'))
    const names = files.map((path) => relative(folder, path))
    expect(names).toEqual(
      expect.arrayContaining(['settings.json', 'run/addresses.json', 'tls/certificate-key.pem']),
    )
    expect(files.filter((path) => (statSync(path).mode & 0o077) !== 0)).toEqual([])
  })

  test('no process shows a secret in the list of processes', () => {
    const { folder, has } = known()
    const lines = readdirSync('/proc').flatMap((pid) =>
      /^\d+$/.test(pid) ? [read(`/proc/${pid}/cmdline`)] : [],
    )
    expect(lines.some((line) => line.includes(folder))).toBe(true)
    expect(lines.filter(has)).toEqual([])
  })
}
