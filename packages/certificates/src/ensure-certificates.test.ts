import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { certificateFilesOf, ensureCertificates } from './ensure-certificates.ts'

const DAY_MS = 86_400_000
const wallet = { name: 'wallet', hosts: ['wallet', '127.0.0.1'] }
const queue = { name: 'queue', hosts: ['queue'] }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'frontrow-certificates-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const certificateOf = (name: string): X509Certificate =>
  new X509Certificate(readFileSync(certificateFilesOf(folder, name).certificateFile))

const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS)

test('each owner has a certificate of one authority, for its hosts alone, with a key that only this user reads', async () => {
  await ensureCertificates(folder, [wallet, queue])
  const authority = new X509Certificate(readFileSync(certificateFilesOf(folder, 'queue').caFile))
  const certificate = certificateOf('wallet')
  expect(certificate.verify(authority.publicKey)).toBe(true)
  expect(certificate.checkIssued(authority)).toBe(true)
  expect(certificate.subjectAltName).toBe('DNS:wallet, IP Address:127.0.0.1')
  expect(certificate.ca).toBe(false)
  for (const name of ['authority', 'wallet', 'queue']) {
    expect(statSync(certificateFilesOf(folder, name).keyFile).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o700)
  }
})

test('what is good stays as it is; what ends soon, or has other hosts, is made anew by the same authority', async () => {
  await ensureCertificates(folder, [wallet, queue])
  const before = {
    wallet: certificateOf('wallet'),
    queue: certificateOf('queue'),
    ca: certificateOf('authority'),
  }
  await ensureCertificates(folder, [{ ...wallet, hosts: ['purse'] }, queue], inDays(30))
  expect(certificateOf('queue').raw).toEqual(before.queue.raw)
  expect(certificateOf('wallet').subjectAltName).toBe('DNS:purse')
  await ensureCertificates(folder, [queue], inDays(300))
  expect(certificateOf('queue').raw).not.toEqual(before.queue.raw)
  expect(certificateOf('queue').verify(before.ca.publicKey)).toBe(true)
})

test('an authority that ends is followed by another, and every certificate with it', async () => {
  await ensureCertificates(folder, [queue])
  const before = certificateOf('authority')
  await ensureCertificates(folder, [queue], inDays(3_400))
  expect(certificateOf('authority').raw).not.toEqual(before.raw)
  expect(certificateOf('queue').verify(certificateOf('authority').publicKey)).toBe(true)
  expect(readFileSync(certificateFilesOf(folder, 'queue').caFile, 'utf8')).toBe(
    certificateOf('authority').toString(),
  )
})

test('a name that an owner has no more is on its next certificate no more', async () => {
  await ensureCertificates(folder, [{ name: 'wallet', hosts: ['wallet', 'payment', '127.0.0.1', '::1'] }])
  const before = certificateOf('wallet')
  await ensureCertificates(folder, [{ name: 'wallet', hosts: ['::1', '127.0.0.1', 'payment', 'wallet'] }])
  expect(certificateOf('wallet').raw).toEqual(before.raw)
  await ensureCertificates(folder, [wallet])
  expect(certificateOf('wallet').subjectAltName).toBe('DNS:wallet, IP Address:127.0.0.1')
  await ensureCertificates(folder, [{ name: 'wallet', hosts: ['127.0.0.1'] }])
  expect(certificateOf('wallet').subjectAltName).toBe('IP Address:127.0.0.1')
})

test.each([
  ['wallet', 'certificateFile', ''],
  ['wallet', 'keyFile', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
  ['authority', 'certificateFile', '-----BEGIN CERTIFICATE-----\nMIIB'],
  ['authority', 'keyFile', ''],
] as const)('of %s a damaged %s is made anew', async (name, file, content) => {
  await ensureCertificates(folder, [wallet, queue])
  writeFileSync(certificateFilesOf(folder, name)[file], content)
  await ensureCertificates(folder, [wallet, queue])
  for (const owner of ['wallet', 'queue']) {
    expect(certificateOf(owner).verify(certificateOf('authority').publicKey)).toBe(true)
  }
  const key = createPrivateKey(readFileSync(certificateFilesOf(folder, name).keyFile))
  expect(certificateOf(name).checkPrivateKey(key)).toBe(true)
})
