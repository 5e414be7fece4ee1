import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as grpc from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { certificateFilesOf, ensureCertificates } from '@frontrow/certificates/ensure-certificates'
import { eventually } from '@frontrow/test-kit/eventually'
import { service as healthService } from 'grpc-health-check'
import { z } from 'zod'
import { GrpcCertificates, readGrpcCertificates } from '../src/grpc-certificates.ts'
import { createGrpcServer, unaryHandler } from '../src/grpc-server.ts'
import type { GrpcServer } from '../src/grpc-server.ts'
import { createGrpcTarget } from '../src/grpc-client.ts'
import { createLogger } from '../src/logger.ts'
import { createMetrics } from '../src/metrics.ts'

const serialize = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const deserialize = (bytes: Buffer) => JSON.parse(String(bytes))
const definition: grpc.ServiceDefinition = {
  Read: {
    path: '/test.Purse/Read',
    requestStream: false,
    responseStream: false,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  },
}
const logger = createLogger({ service: 'test', level: 'silent' })
const metrics = createMetrics('test', { processMetrics: false })
const refused: { method: string; caller: readonly string[] }[] = []

let folder: string
let own: string
let strangers: string
let certificates: GrpcCertificates
let server: GrpcServer
let address: string
const clients: grpc.Client[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'frontrow-grpc-'))
  own = join(folder, 'own')
  strangers = join(folder, 'strangers')
  const owners = ['wallet', 'payment', 'queue'].map((name) => ({ name, hosts: [name] }))
  await Promise.all([
    ensureCertificates(own, [...owners, { name: 'odd', hosts: ['x, DNS:payment, y'] }]),
    ensureCertificates(strangers, owners),
  ])
  certificates = certificatesOf(own, 'wallet')
  server = createGrpcServer({ certificates, onRefused: (method, caller) => refused.push({ method, caller }) })
  server.add(
    definition,
    { Read: ['payment'] },
    { Read: unaryHandler({ logger, metrics }, 'Read', z.object({}), async () => ({ balance: 7 })) },
  )
  address = `127.0.0.1:${await server.listen('127.0.0.1', 0)}`
})

afterAll(async () => {
  for (const client of clients) client.close()
  await server.close(1_000)
  rmSync(folder, { recursive: true })
})

function certificatesOf(of: string, name: string): GrpcCertificates {
  const { certificateFile, keyFile, caFile } = certificateFilesOf(of, name)
  return new GrpcCertificates([certificateFile, keyFile, caFile], logger)
}

/** Opens a connection of its own. Each call over it tells what it is answered, or why it is not. */
function connect(caller: GrpcCertificates | null, service = 'wallet'): () => Promise<unknown> {
  const target = createGrpcTarget({
    name: service,
    address,
    certificates: caller,
    metrics,
    refusalKind: () => undefined,
  })
  const options = { ...target.channelOptions, 'grpc.use_local_subchannel_pool': 1 }
  const client = new grpc.Client(target.address, target.credentials, options)
  clients.push(client)
  target.close()
  return () =>
    new Promise((resolve) => {
      const deadline = { deadline: Date.now() + 20_000 }
      client.makeUnaryRequest('/test.Purse/Read', serialize, deserialize, {}, deadline, (error, value) =>
        resolve(error === null ? value : `${grpc.status[error.code]}: ${error.details}`),
      )
    })
}

const read = (caller: GrpcCertificates | null, service?: string): Promise<unknown> =>
  connect(caller, service)()

describe('a server with certificates', () => {
  test('answers a caller who is on the list of the method, call after call', async () => {
    const ask = connect(certificatesOf(own, 'payment'))
    expect(await ask()).toEqual({ balance: 7 })
    expect(await ask()).toEqual({ balance: 7 })
    expect(refused).toEqual([])
  })

  test('answers nobody without a certificate, nor anybody with one of another authority', async () => {
    expect(await read(null)).toMatch(/^UNAVAILABLE/)
    const { certificateFile, keyFile } = certificateFilesOf(strangers, 'payment')
    // The stranger accepts the server, so it is the server that refuses.
    const accepting = new GrpcCertificates(
      [certificateFile, keyFile, certificateFilesOf(own, 'payment').caFile],
      logger,
    )
    expect(await read(accepting)).toMatch(/^UNAVAILABLE/)
    expect(refused).toEqual([])
  })

  test('refuses who is not on the list of the method, whatever else the certificate says, and tells of it', async () => {
    const ask = connect(certificatesOf(own, 'queue'))
    expect(await ask()).toBe('PERMISSION_DENIED: Read is not for queue')
    expect(await ask()).toBe('PERMISSION_DENIED: Read is not for queue')
    expect(await read(certificatesOf(own, 'odd'))).toBe('PERMISSION_DENIED: Read is not for nobody')
    expect(refused).toEqual([
      { method: 'Read', caller: ['queue'] },
      { method: 'Read', caller: ['queue'] },
      { method: 'Read', caller: [] },
    ])
  })

  test('tells its health to every caller with a certificate', async () => {
    const client = new grpc.Client(address, certificatesOf(own, 'queue').channelCredentials, {
      'grpc.ssl_target_name_override': 'wallet',
    })
    clients.push(client)
    const check = healthService['Check']
    if (check === undefined) throw new Error('the contract of health checks has no Check')
    const { path, requestSerialize, responseDeserialize } = check
    const answer = await new Promise((resolve) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service: '' }, (error, value) =>
        resolve(error ?? value),
      )
    })
    expect(answer).toEqual({ status: 'SERVING' })
  })

  test('is not asked where its certificate is that of another service, or of another authority', async () => {
    expect(await read(certificatesOf(own, 'payment'), 'catalog')).toMatch(/^UNAVAILABLE/)
    expect(await read(certificatesOf(strangers, 'payment'))).toMatch(/^UNAVAILABLE/)
  })

  test('uses files that were replaced from the next connection on, and none that do not fit together', async () => {
    const files = certificateFilesOf(own, 'wallet')
    const theirs = certificateFilesOf(strangers, 'wallet')
    const [payment, stranger] = [certificatesOf(own, 'payment'), certificatesOf(strangers, 'payment')]
    expect(await read(stranger)).toMatch(/^UNAVAILABLE/)

    copyFileSync(theirs.caFile, files.caFile)
    copyFileSync(theirs.certificateFile, files.certificateFile)
    certificates.refresh()
    expect(await read(payment)).toEqual({ balance: 7 })

    copyFileSync(theirs.keyFile, files.keyFile)
    certificates.refresh()
    await eventually(async () => expect(await read(stranger)).toEqual({ balance: 7 }))
    expect(await read(payment)).toMatch(/^UNAVAILABLE/)
  })
})

describe('settings that can not be used end the start, with a line that says which', () => {
  const files = () => certificateFilesOf(strangers, 'queue')
  const settings = (change: object) => ({
    GRPC_CERTIFICATE_FILE: files().certificateFile,
    GRPC_KEY_FILE: files().keyFile,
    GRPC_CA_FILE: files().caFile,
    ...change,
  })

  test.each([
    ['one of three', () => ({ GRPC_CA_FILE: undefined }), /GRPC_CA_FILE must be set together/],
    ['a file that is not there', () => ({ GRPC_CA_FILE: '/none.pem' }), /^\/none\.pem can not be read/],
    [
      "another one's key",
      () => ({ GRPC_KEY_FILE: certificateFilesOf(strangers, 'payment').keyFile }),
      /GRPC_KEY_FILE\) is not the key of/,
    ],
    [
      'a file with something else in it',
      () => {
        writeFileSync(join(folder, 'text'), 'text')
        return { GRPC_CERTIFICATE_FILE: join(folder, 'text') }
      },
      /text can not be read, or is no PEM/,
    ],
  ])('%s', (_what, change, why) => {
    expect(() => readGrpcCertificates(settings(change()), logger)).toThrow(why)
  })

  test('without any there are no certificates', () => {
    expect(readGrpcCertificates({}, logger)).toBeNull()
  })
})
