import { join } from 'node:path'
import { certificateFilesOf, ensureCertificates } from '@frontrow/certificates/ensure-certificates'
import { serviceNames } from './services.ts'

/** The processes that speak gRPC, by the names that `proto/callers.ts` knows them by. */
const grpcProcesses = [...serviceNames, 'notify'] as const

/** One of them. */
export type GrpcProcess = (typeof grpcProcesses)[number]

/** Makes a certificate for each process that speaks gRPC, where there is none or it ends soon. */
export async function ensureServiceCertificates(folder: string): Promise<void> {
  await ensureCertificates(
    folder,
    grpcProcesses.map((name) => ({ name, hosts: [name] })),
  )
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
