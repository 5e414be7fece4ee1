import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileFor } from './run-as.ts'
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
  writeFileFor(account, copy.certificateFile, readFileSync(certificateFile, 'utf8'))
  writeFileFor(account, copy.keyFile, readFileSync(keyFile, 'utf8'))
  return copy
}
