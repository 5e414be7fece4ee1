import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { credentials, experimental, ServerCredentials } from '@grpc/grpc-js'
import type { ChannelCredentials } from '@grpc/grpc-js'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import { z } from 'zod'
import type { Logger } from './logger.ts'

const file = z.string().min(1).optional()

/** Settings of gRPC with mutual TLS. All three files are set, or none. */
export const grpcCertificateSettings = {
  GRPC_CERTIFICATE_FILE: file.describe(
    'certificate for gRPC, as PEM, with those between it and the authority; its DNS names say which service this is. Together with the two below; all three are read again when they change',
  ),
  GRPC_KEY_FILE: file.describe("the certificate's private key, as PEM"),
  GRPC_CA_FILE: file.describe(
    'authorities whose certificates are accepted from callers and from other services, as PEM',
  ),
  GRPC_TLS: z
    .enum(['by-files', 'by-mesh'])
    .default('by-files')
    .describe(
      'by-mesh says that a service mesh has mutual TLS already: production needs the three files no more',
    ),
}

/** The checked form of `grpcCertificateSettings`. */
export type GrpcCertificateSettings = z.output<z.ZodObject<typeof grpcCertificateSettings>>

/** How often the files are looked at. A connection lasts up to 5 minutes and 10 s, and keeps the certificate that it began with. */
export const CERTIFICATES_LOOK_EVERY_MS = 10_000

const DAY_MS = 86_400_000
const END_IS_SOON_DAYS = 14

interface Pems {
  caCertificate: Buffer
  certificate: Buffer
  privateKey: Buffer
}

/** What this process shows to others over gRPC and what it accepts from them, while its files may be replaced. */
export class GrpcCertificates implements experimental.CertificateProvider {
  readonly serverCredentials: ServerCredentials
  readonly channelCredentials: ChannelCredentials
  readonly #files: readonly [certificate: string, key: string, ca: string]
  readonly #logger: Logger
  readonly #failures: FailureLog
  readonly #caListeners = new Set<experimental.CaCertificateUpdateListener>()
  readonly #identityListeners = new Set<experimental.IdentityCertificateUpdateListener>()
  #pems: Pems
  #validTo: Date
  #warnedOfEndMs = Number.NEGATIVE_INFINITY

  /** Reads the files; throws where one is missing or they do not belong together. */
  constructor(files: readonly [certificate: string, key: string, ca: string], logger: Logger) {
    this.#files = files
    this.#logger = logger
    this.#failures = new FailureLog(
      logger,
      'the certificates for gRPC can not be read; the last ones stay in use',
    )
    this.#pems = this.#read()
    this.#validTo = new X509Certificate(this.#pems.certificate).validToDate
    this.serverCredentials = experimental.createCertificateProviderServerCredentials(this, this, true)
    this.channelCredentials = experimental.createCertificateProviderChannelCredentials(this, this)
  }

  /** When the certificate in use ends. */
  get validTo(): Date {
    return this.#validTo
  }

  /**
   * Takes what the files hold now for all connections to come. Files that do not fit together, as while they are replaced, are left. Warns
   * once a day while the certificate in use ends soon.
   */
  refresh(nowMs = Date.now()): void {
    this.#takeNew()
    if (nowMs < this.#endsSoonFromMs() || nowMs - this.#warnedOfEndMs < DAY_MS) return
    this.#warnedOfEndMs = nowMs
    this.#logger.warn(
      { validTo: this.#validTo },
      'the certificate for gRPC ends soon, and nobody has replaced it',
    )
  }

  /** Two weeks before its end; where it is made for a short life, in the last quarter of that. */
  #endsSoonFromMs(): number {
    const { validFromDate, validToDate } = new X509Certificate(this.#pems.certificate)
    const life = validToDate.getTime() - validFromDate.getTime()
    return validToDate.getTime() - Math.min(END_IS_SOON_DAYS * DAY_MS, life / 4)
  }

  #takeNew(): void {
    let pems: Pems
    try {
      pems = this.#read()
    } catch (error) {
      this.#failures.failed(error)
      return
    }
    this.#failures.succeeded()
    const { caCertificate, certificate, privateKey } = this.#pems
    const isSame =
      pems.caCertificate.equals(caCertificate) &&
      pems.certificate.equals(certificate) &&
      pems.privateKey.equals(privateKey)
    if (isSame) return
    this.#pems = pems
    this.#validTo = new X509Certificate(pems.certificate).validToDate
    for (const listener of this.#caListeners) listener(pems)
    for (const listener of this.#identityListeners) listener(pems)
    this.#logger.info({ validTo: this.#validTo }, 'new certificates for gRPC are in use')
  }

  // A new listener is told after this tick, as it may not have finished adding itself.
  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.add(listener)
    process.nextTick(() => listener(this.#pems))
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.delete(listener)
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.add(listener)
    process.nextTick(() => listener(this.#pems))
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.delete(listener)
  }

  #read(): Pems {
    const [certificateFile, keyFile, caFile] = this.#files
    const certificate = parsed(certificateFile, (pem) => new X509Certificate(pem))
    const key = parsed(keyFile, createPrivateKey)
    const ca = parsed(caFile, (pem) => new X509Certificate(pem))
    if (!certificate.value.checkPrivateKey(key.value)) {
      throw new Error(
        `${keyFile} (GRPC_KEY_FILE) is not the key of ${certificateFile} (GRPC_CERTIFICATE_FILE)`,
      )
    }
    try {
      // What OpenSSL refuses, such as a weak key or a damaged second block, would break each connection to come.
      createSecureContext({ ca: ca.pem, cert: certificate.pem, key: key.pem })
    } catch (error) {
      throw new Error(`${certificateFile}, ${keyFile} and ${caFile} can not be used for TLS`, {
        cause: error,
      })
    }
    return { caCertificate: ca.pem, certificate: certificate.pem, privateKey: key.pem }
  }
}

function parsed<T>(path: string, parse: (pem: Buffer) => T): { pem: Buffer; value: T } {
  try {
    const pem = readFileSync(path)
    return { pem, value: parse(pem) }
  } catch (error) {
    // The library's own words name neither the file nor what it has to be.
    throw new Error(`${path} can not be read, or is no PEM`, { cause: error })
  }
}

/** The certificates that the settings name; null where they name none. */
export function readGrpcCertificates(
  settings: Omit<GrpcCertificateSettings, 'GRPC_TLS'>,
  logger: Logger,
): GrpcCertificates | null {
  const { GRPC_CERTIFICATE_FILE: certificate, GRPC_KEY_FILE: key, GRPC_CA_FILE: ca } = settings
  if (certificate === undefined && key === undefined && ca === undefined) return null
  if (certificate === undefined || key === undefined || ca === undefined) {
    throw new Error('GRPC_CERTIFICATE_FILE, GRPC_KEY_FILE and GRPC_CA_FILE must be set together')
  }
  return new GrpcCertificates([certificate, key, ca], logger)
}

/** Credentials of a server that asks nobody who they are, where there are no certificates. */
export function serverCredentialsOf(certificates: GrpcCertificates | null): ServerCredentials {
  return certificates?.serverCredentials ?? ServerCredentials.createInsecure()
}

/** Credentials of calls, where there may be no certificates. */
export function channelCredentialsOf(certificates: GrpcCertificates | null): ChannelCredentials {
  return certificates?.channelCredentials ?? credentials.createInsecure()
}
