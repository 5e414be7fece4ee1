import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { Life } from './make-certificates.ts'

/** Whom a certificate is for. */
export interface CertificateOwner {
  /** The folder that its files are in. */
  name: string
  /** Host names and addresses that the certificate is good for. */
  hosts: readonly string[]
}

/** Files of one owner, named as in a Secret that cert-manager makes. */
export interface CertificateFiles {
  certificateFile: string
  keyFile: string
  caFile: string
}

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3_650
const CERTIFICATE_DAYS = 365
/** A certificate is made anew in the last third of its life, an authority in its last year, for which its certificates have to last. */
const CERTIFICATE_LEFT_MIN_DAYS = 120
const AUTHORITY_LEFT_MIN_DAYS = CERTIFICATE_DAYS

/** A certificate and its key. */
export interface CertificateAndKey {
  certificate: X509Certificate
  key: KeyObject
}

/** Where the files of an owner are. */
export function certificateFilesOf(folder: string, name: string): CertificateFiles {
  const own = join(folder, name)
  return {
    certificateFile: join(own, 'tls.crt'),
    keyFile: join(own, 'tls.key'),
    caFile: join(own, 'ca.crt'),
  }
}

/**
 * Makes what is missing, ends soon or no longer fits: an authority of this installation alone, in the folder `authority` that nobody else
 * needs to read, and a certificate signed by it for each owner, in a folder of the owner's name. Files are for this user only.
 */
export async function ensureCertificates(
  folder: string,
  owners: readonly CertificateOwner[],
  now = new Date(),
): Promise<void> {
  const authority = readAuthority(folder, now) ?? (await newAuthority(folder, now))
  for (const owner of owners) {
    const files = certificateFilesOf(folder, owner.name)
    if (!isGood(files, owner, authority, now)) {
      const { makeCertificate } = await import('./make-certificates.ts')
      writePair(files, await makeCertificate(owner, authority, lifeOf(now, CERTIFICATE_DAYS)))
    }
    writeWhole(files.caFile, authority.certificate.toString())
  }
}

function readAuthority(folder: string, now: Date): CertificateAndKey | null {
  const { certificateFile, keyFile } = certificateFilesOf(folder, 'authority')
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return null
  const certificate = new X509Certificate(readFileSync(certificateFile))
  const key = createPrivateKey(readFileSync(keyFile))
  return daysLeft(certificate, now) > AUTHORITY_LEFT_MIN_DAYS && certificate.checkPrivateKey(key)
    ? { certificate, key }
    : null
}

async function newAuthority(folder: string, now: Date): Promise<CertificateAndKey> {
  // What makes certificates takes 0.1 s to load, and most starts find them all made.
  const { makeAuthority } = await import('./make-certificates.ts')
  const authority = await makeAuthority(lifeOf(now, AUTHORITY_DAYS))
  writePair(certificateFilesOf(folder, 'authority'), authority)
  return authority
}

function isGood(
  { certificateFile, keyFile }: CertificateFiles,
  { hosts }: CertificateOwner,
  authority: CertificateAndKey,
  now: Date,
): boolean {
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return false
  const certificate = new X509Certificate(readFileSync(certificateFile))
  return (
    daysLeft(certificate, now) > CERTIFICATE_LEFT_MIN_DAYS &&
    certificate.verify(authority.certificate.publicKey) &&
    certificate.checkPrivateKey(createPrivateKey(readFileSync(keyFile))) &&
    hosts.every(
      (host) => (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) === host,
    )
  )
}

/** It begins a day ago, as the clocks of two machines differ. */
function lifeOf(now: Date, days: number): Life {
  return {
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS),
  }
}

function daysLeft(certificate: X509Certificate, now: Date): number {
  return (certificate.validToDate.getTime() - now.getTime()) / DAY_MS
}

function writePair(
  { certificateFile, keyFile }: CertificateFiles,
  { certificate, key }: CertificateAndKey,
): void {
  writeWhole(keyFile, key.export({ format: 'pem', type: 'pkcs8' }).toString())
  writeWhole(certificateFile, certificate.toString())
}

/** Puts a file in its place as a whole, because a process may be reading it; one that has the content already is left alone. */
function writeWhole(file: string, content: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, content, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
