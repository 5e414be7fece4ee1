import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { Life } from './make-certificates.ts'

/** Whom a certificate is for. */
export interface CertificateOwner {
  /** The folder that its files are in. */
  name: string
  /** Host names and addresses that the certificate is good for. */
  hosts: readonly string[]
  /** The account that reads the files, where it is not ours. The folders stay ours, and can be passed through. */
  account?: { uid: number; gid: number } | undefined
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
 * needs to read, and a certificate signed by it for each owner, in a folder of the owner's name. Files are for this user only, or the owner's.
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
      writePair(files, await makeCertificate(owner, authority, lifeOf(now, CERTIFICATE_DAYS)), owner)
    }
    writeWhole(files.caFile, authority.certificate.toString(), owner)
    letIn(folder, files, owner)
  }
}

/** Files of before may be of another account, as after a start by somebody else. */
function letIn(folder: string, files: CertificateFiles, { account }: CertificateOwner): void {
  if (account === undefined) return
  for (const path of [folder, join(files.keyFile, '..')]) chmodSync(path, 0o711)
  for (const file of Object.values(files)) chownSync(file, account.uid, account.gid)
}

function readAuthority(folder: string, now: Date): CertificateAndKey | null {
  const authority = readPair(certificateFilesOf(folder, 'authority'))
  return authority !== null && daysLeft(authority.certificate, now) > AUTHORITY_LEFT_MIN_DAYS
    ? authority
    : null
}

/** Null where a file is not there, or the two are no certificate and its key, as after a disk was full. */
function readPair({ certificateFile, keyFile }: CertificateFiles): CertificateAndKey | null {
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return null
  const [certificatePem, keyPem] = [readFileSync(certificateFile), readFileSync(keyFile)]
  try {
    const [certificate, key] = [new X509Certificate(certificatePem), createPrivateKey(keyPem)]
    return certificate.checkPrivateKey(key) ? { certificate, key } : null
  } catch {
    // What can't be parsed is of no use to anybody, and is made anew like what is missing.
    return null
  }
}

async function newAuthority(folder: string, now: Date): Promise<CertificateAndKey> {
  // What makes certificates takes 0.1 s to load, and most starts find them all made.
  const { makeAuthority } = await import('./make-certificates.ts')
  const authority = await makeAuthority(lifeOf(now, AUTHORITY_DAYS))
  writePair(certificateFilesOf(folder, 'authority'), authority)
  return authority
}

function isGood(
  files: CertificateFiles,
  { hosts }: CertificateOwner,
  authority: CertificateAndKey,
  now: Date,
): boolean {
  const certificate = readPair(files)?.certificate
  return (
    certificate !== undefined &&
    daysLeft(certificate, now) > CERTIFICATE_LEFT_MIN_DAYS &&
    certificate.verify(authority.certificate.publicKey) &&
    isForExactly(certificate, hosts)
  )
}

/** A name too many matters as well: it may be on a list of who may call a method. */
function isForExactly(certificate: X509Certificate, hosts: readonly string[]): boolean {
  const count = certificate.subjectAltName?.split(', ').length ?? 0
  const isNamed = (host: string): boolean =>
    (isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host)) ===
    host
  return count === new Set(hosts).size && hosts.every(isNamed)
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
  reader: Pick<CertificateOwner, 'account'> = {},
): void {
  writeWhole(keyFile, key.export({ format: 'pem', type: 'pkcs8' }).toString(), reader)
  writeWhole(certificateFile, certificate.toString(), reader)
}

/**
 * Puts a file in its place as a whole, and on the disk before that, because a process may be reading it and the machine may stop; one that
 * has the content already is left alone.
 */
function writeWhole(file: string, content: string, { account }: Pick<CertificateOwner, 'account'>): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, content, { mode: 0o600, flush: true })
  if (account !== undefined) chownSync(`${file}.new`, account.uid, account.gid)
  renameSync(`${file}.new`, file)
}
