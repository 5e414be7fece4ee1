import { setTimeout as delay } from 'node:timers/promises'
import * as grpc from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { freePorts } from '@frontrow/local-stack/ports'
import { eventually } from '@frontrow/test-kit/eventually'
import { z } from 'zod'
import { createGrpcTarget } from '../src/grpc-client.ts'
import type { GrpcTarget } from '../src/grpc-client.ts'
import { createGrpcServer, unaryHandler } from '../src/grpc-server.ts'
import type { GrpcServer } from '../src/grpc-server.ts'
import { createLogger } from '../src/logger.ts'
import { createMetrics } from '../src/metrics.ts'
import { generalRefusals } from '@frontrow/refusals/general-refusals'
import { Refusal } from '@frontrow/refusals/refusal'
import type { RefusalKind } from '@frontrow/refusals/refusal'

interface GreetRequest {
  name: string
}
interface GreetReply {
  text: string
}

const serialize = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const deserialize = (bytes: Buffer) => JSON.parse(String(bytes))
const definition: grpc.ServiceDefinition = {
  Greet: {
    path: '/test.Greeter/Greet',
    requestStream: false,
    responseStream: false,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  },
}
const Greeter = grpc.makeGenericClientConstructor(definition, 'Greeter')
const kind = { http: 409, grpc: 'ABORTED', about: 'taken' } as const
const metrics = createMetrics('test', { processMetrics: false })
const logger = createLogger({ service: 'test', level: 'silent' })

let server: GrpcServer
let target: GrpcTarget
let client: grpc.Client
let serverPort = 0
let calls = 0
let answer: (name: string) => Promise<GreetReply>

beforeEach(async () => {
  calls = 0
  server = createGrpcServer()
  server.add(
    definition,
    { Greet: ['friend'] },
    {
      Greet: unaryHandler<GreetRequest, GreetReply, z.ZodObject<{ name: z.ZodString }>>(
        { logger, metrics },
        'Greet',
        z.object({ name: z.string().min(1) }),
        ({ name }) => {
          calls += 1
          return answer(name)
        },
      ),
    },
  )
  serverPort = await server.listen('127.0.0.1', 0)
  target = openTarget()
  client = new Greeter(target.address, target.credentials, target.channelOptions)
  answer = (name) => Promise.resolve({ text: `hello ${name}` })
})

afterEach(async () => {
  client.close()
  target.close()
  await server.close(100)
})

function openTarget(more: { deadlineMinMs?: number } = {}): GrpcTarget {
  return createGrpcTarget({
    name: 'greeter',
    address: `127.0.0.1:${serverPort}`,
    metrics,
    refusalKind: (code) =>
      new Map<string, RefusalKind>([...Object.entries(generalRefusals), ['TAKEN', kind]]).get(code),
    ...more,
  })
}

const greet = (retriable = false, deadlineMs = 10_000, over = target) =>
  over.unary<GreetRequest, GreetReply>(
    'Greet',
    (request, metadata, options, callback) =>
      client.makeUnaryRequest(
        '/test.Greeter/Greet',
        serialize,
        deserialize,
        request,
        metadata,
        options,
        callback,
      ),
    { deadlineMs, retriable },
  )

const codeOfError = (error: unknown): string => (error instanceof Refusal ? error.code : String(error))

const codeOf = (call: Promise<unknown>): Promise<string> => call.then(() => 'OK', codeOfError)

describe('a call to another service', () => {
  test('is answered', async () => {
    expect(await greet()({ name: 'Ann' })).toEqual({ text: 'hello Ann' })
  })

  test('gets the refusal of the other side, code, status, text and details, and the breaker stays closed', async () => {
    answer = () =>
      Promise.reject(new Refusal('TAKEN', kind, 'seat 7 is tåken', { details: { seatIds: [7] } }))
    for (let call = 0; call < 30; call += 1) {
      const error = await greet()({ name: 'Ann' }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({
        code: 'TAKEN',
        http: 409,
        message: 'seat 7 is tåken',
        details: { seatIds: [7] },
      })
    }
    expect(calls).toBe(30)
  })

  test('with a request that breaks a rule is refused before the handler', async () => {
    expect(await codeOf(greet()({ name: '' }))).toBe('INVALID_REQUEST')
    expect(calls).toBe(0)
  })

  test('never waits past its deadline, and says whether it may have been done', async () => {
    answer = () => new Promise(() => undefined)
    const began = performance.now()
    expect(await codeOf(greet(true, 150)({ name: 'Ann' }))).toBe('UNAVAILABLE')
    expect(await codeOf(greet(false, 150)({ name: 'Ann' }))).toBe('TIMEOUT')
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('waits at least as long as all calls are to wait', async () => {
    const patient = openTarget({ deadlineMinMs: 30_000 })
    try {
      answer = async (name) => {
        await delay(300)
        return { text: name }
      }
      expect(await codeOf(greet(false, 100)({ name: 'Ann' }))).toBe('TIMEOUT')
      expect(await codeOf(greet(false, 100, patient)({ name: 'Ann' }))).toBe('OK')
    } finally {
      patient.close()
    }
  })

  test('that is late is made twice more at once, and a refusal that comes first is the answer', async () => {
    answer = () =>
      calls === 1 ? new Promise(() => undefined) : Promise.reject(new Refusal('TAKEN', kind, 'taken'))
    expect(await codeOf(greet(true, 2_000)({ name: 'Ann' }))).toBe('TAKEN')
    expect(calls).toBe(3)
  })

  test('that is late is not made again where most are late, nor where it is long work', async () => {
    answer = () => new Promise(() => undefined)
    const codes = await Promise.all([
      codeOf(greet(true, 5_100)({ name: 'long' })),
      ...Array.from({ length: 60 }, () => codeOf(greet(true, 600)({ name: 'Ann' }))),
    ])
    expect(new Set(codes)).toEqual(new Set(['UNAVAILABLE']))
    // A repeat for each tenth of them, and as many as were saved up.
    expect(calls).toBeLessThanOrEqual(61 + 20 + 6)
  })

  test('fails fast once the other side keeps failing, and no call reaches it meanwhile', async () => {
    answer = () => Promise.reject(new Error('broken'))
    for (let call = 0; call < 20; call += 1) await codeOf(greet()({ name: 'Ann' }))
    const reached = calls
    expect(await Promise.all(Array.from({ length: 10 }, () => codeOf(greet()({ name: 'Ann' }))))).toEqual(
      Array.from({ length: 10 }, () => 'UNAVAILABLE'),
    )
    expect(calls).toBe(reached)
  })
})

/** A service in a process of its own, which can be frozen; it answers with its port. */
const INSTANCE = `
  import * as grpc from '@grpc/grpc-js'
  const port = process.argv[1]
  const server = new grpc.Server()
  const bytes = (value) => Buffer.from(JSON.stringify(value))
  const parse = (text) => JSON.parse(String(text))
  server.addService(
    {
      Greet: {
        path: '/test.Greeter/Greet', requestStream: false, responseStream: false,
        requestSerialize: bytes, requestDeserialize: parse, responseSerialize: bytes, responseDeserialize: parse,
      },
    },
    { Greet: (call, callback) => callback(null, { text: port }) },
  )
  server.bindAsync('127.0.0.1:' + port, grpc.ServerCredentials.createInsecure(), () => console.log('up'))
`

describe('where one of two instances is frozen', () => {
  const instances: ChildProcess[] = []
  afterEach(() => {
    for (const instance of instances.splice(0)) instance.kill('SIGKILL')
  })

  async function startInstance(port: number): Promise<ChildProcess> {
    const instance = spawn(process.execPath, ['--input-type=module', '-e', INSTANCE, String(port)], {
      cwd: import.meta.dirname,
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    instances.push(instance)
    if (instance.stdout !== null) await once(instance.stdout, 'data')
    return instance
  }

  test('what can be repeated is answered by the other, soon nobody is sent to it, and it is asked again when it goes on', async () => {
    const ports = await freePorts(2)
    const [frozen] = await Promise.all(ports.map(startInstance))
    client.close()
    client = new Greeter(
      `ipv4:${ports.map((port) => `127.0.0.1:${port}`).join(',')}`,
      target.credentials,
      target.channelOptions,
    )
    const callsInARow = async (count: number, retriable: boolean): Promise<Set<string>> => {
      const codes = new Set<string>()
      for (let call = 0; call < count; call += 1) {
        codes.add(await greet(retriable, 1_600)({ name: 'Ann' }).then(({ text }) => text, codeOfError))
      }
      return codes
    }
    const both = ports.map(String)
    await eventually(async () => expect(await callsInARow(10, false)).toEqual(new Set(both)))
    frozen?.kill('SIGSTOP')
    // Half of them begin at the frozen one, more than are repeated where nobody answers a repeat.
    for (let wave = 0; wave < 8; wave += 1) {
      const answers = Array.from({ length: 8 }, () => callsInARow(1, true))
      expect(await Promise.all(answers)).toEqual(answers.map(() => new Set([both[1]])))
    }
    // Calls that go out once only: none reaches the frozen one any more.
    await eventually(async () => expect(await callsInARow(10, false)).toEqual(new Set([both[1]])), {
      withinMs: 30_000,
    })
    frozen?.kill('SIGCONT')
    await eventually(async () => expect(await callsInARow(10, false)).toEqual(new Set(both)), {
      withinMs: 60_000,
    })
  }, 120_000)
})
