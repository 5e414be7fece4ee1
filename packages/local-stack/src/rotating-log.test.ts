import { afterAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RotatingLog } from './rotating-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'rotating-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const BYTES_MAX = 20

test('no file gets larger than its limit but by a longer line alone, and no line is lost, however the lines come together', () => {
  const lines = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 25 }), {
    minLength: 1,
    maxLength: 8,
  })
  let run = 0
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 8 }), (writes) => {
      run += 1
      const path = join(folder, `${run}.log`)
      const log = new RotatingLog(path, { bytesMax: BYTES_MAX, filesMax: 100 })
      for (const write of writes) log.write(Buffer.from(write.map((line) => `${line}\n`).join('')))
      log.close()
      const ages = readdirSync(folder)
        .filter((name) => name.startsWith(`${run}.log`))
        .map((name) => Number(name.slice(`${run}.log.`.length)))
        .toSorted((a, b) => b - a)
      const files = ages.map((age) => readFileSync(age === 0 ? path : `${path}.${age}`, 'utf8'))
      expect(files.join('')).toBe(
        writes
          .flat()
          .map((line) => `${line}\n`)
          .join(''),
      )
      expect(files.filter((text) => text.length > BYTES_MAX && text.trimEnd().includes('\n'))).toEqual([])
    }),
    { numRuns: 200 },
  )
})

test('a log is for the user alone who runs the system, since it names people', () => {
  const path = join(folder, 'modes.log')
  const log = new RotatingLog(path, { bytesMax: BYTES_MAX, filesMax: 3 })
  for (let line = 0; line < 10; line += 1) log.write(Buffer.from('a line of it\n'))
  log.close()
  const files = readdirSync(folder).filter((name) => name.startsWith('modes.log'))
  expect(files).toHaveLength(3)
  expect(files.filter((name) => (statSync(join(folder, name)).mode & 0o777) !== 0o600)).toEqual([])
})
