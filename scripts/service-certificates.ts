import { join } from 'node:path'
import { certificateFilesOf, ensureCertificates } from '@frontrow/certificates/ensure-certificates'
import type { CertificateOwner } from '@frontrow/certificates/ensure-certificates'
import { serviceNames } from './services.ts'

/** The processes that speak gRPC, by the names that `proto/callers.ts` knows them by. */
const grpcProcesses = [...serviceNames, 'notify'] as const

const LOOK_EVERY_MS = 86_400_000

/** One of them. */
export type GrpcProcess = (typeof grpcProcesses)[number]

/** Makes a certificate for each process that speaks gRPC, where there is none or it ends soon; they are read by `account`, or by us. */
export async function ensureServiceCertificates(
  folder: string,
  account?: CertificateOwner['account'],
): Promise<void> {
  await ensureCertificates(
    folder,
    grpcProcesses.map((name) => ({ name, hosts: [name], account })),
  )
}

/**
 * Makes them anew once a day where they end soon, for an installation that runs for months; the processes take them up by themselves. Ends
 * with what it returns. `say` is told of a look that failed; the next one is a day later.
 */
export function renewServiceCertificates(
  folder: string,
  say: (line: string) => void,
  account?: CertificateOwner['account'],
): () => void {
  const timer = setInterval(() => {
    ensureServiceCertificates(folder, account).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      say(`The certificates of the services can not be made anew: ${why}`)
    })
  }, LOOK_EVERY_MS)
  return () => clearInterval(timer)
}

/** The settings that name the certificate of a process. */
export function grpcCertificateEnv(folder: string, name: GrpcProcess): Record<string, string> {
  const { certificateFile, keyFile, caFile } = certificateFilesOf(folder, name)
  return { GRPC_CERTIFICATE_FILE: certificateFile, GRPC_KEY_FILE: keyFile, GRPC_CA_FILE: caFile }
}

/** Where npm start keeps the certificates of its data folder. */
export function certificatesFolder(dataFolder: string): string {
  return join(dataFolder, 'certificates')
}
