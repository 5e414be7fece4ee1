import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { certificateFilesOf } from '@frontrow/certificates/ensure-certificates'
import { eventually } from '@frontrow/test-kit/eventually'
import { ensureServiceCertificates, renewServiceCertificates } from './service-certificates.ts'

const DAY_MS = 86_400_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'frontrow-renewal-'))
  jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'performance', 'setImmediate', 'setTimeout'] })
})
afterEach(() => {
  jest.useRealTimers()
  rmSync(folder, { recursive: true })
})

test('a day later certificates that are good no more are made anew, one that can not be is told of, and at the end nothing is looked at', async () => {
  await ensureServiceCertificates(folder)
  const said: string[] = []
  const end = renewServiceCertificates(folder, (line) => said.push(line))
  // The last one that is made, so that the look has ended with it.
  const { certificateFile } = certificateFilesOf(folder, 'notify')
  writeFileSync(certificateFile, '')
  jest.advanceTimersByTime(DAY_MS)
  await eventually(() => expect(new X509Certificate(readFileSync(certificateFile)).ca).toBe(false))
  expect(said).toEqual([])

  const { keyFile } = certificateFilesOf(folder, 'authority')
  rmSync(join(folder, 'authority'), { recursive: true })
  writeFileSync(join(folder, 'authority'), '')
  jest.advanceTimersByTime(DAY_MS)
  await eventually(() => expect(said).toHaveLength(1))
  expect(said[0]).toContain(keyFile.slice(0, -'/tls.key'.length))

  end()
  expect(jest.getTimerCount()).toBe(0)
})
