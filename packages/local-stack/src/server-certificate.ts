import { chmodSync, chownSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from './run-as.ts'

/** The certificate of a server and its key, as PEM files. */
export interface ServerCertificate {
  certificateFile: string
  keyFile: string
}

/** Copies them among the data of a server, which may run under an account that can read nothing else. */
export function copyCertificate(
  { certificateFile, keyFile }: ServerCertificate,
  dataFolder: string,
  account?: Account,
): ServerCertificate {
  const copy = { certificateFile: join(dataFolder, 'server.crt'), keyFile: join(dataFolder, 'server.key') }
  copyFileSync(certificateFile, copy.certificateFile)
  copyFileSync(keyFile, copy.keyFile)
  for (const file of [copy.certificateFile, copy.keyFile]) {
    chmodSync(file, 0o600)
    if (account !== undefined) chownSync(file, account.uid, account.gid)
  }
  return copy
}
