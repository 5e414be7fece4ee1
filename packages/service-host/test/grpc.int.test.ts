import * as grpc from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
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
let calls = 0
let answer: (name: string) => Promise<GreetReply>

beforeEach(async () => {
  calls = 0
  server = createGrpcServer()
  server.add(definition, {
    Greet: unaryHandler<GreetRequest, GreetReply, z.ZodObject<{ name: z.ZodString }>>(
      { logger, metrics },
      'Greet',
      z.object({ name: z.string().min(1) }),
      ({ name }) => {
        calls += 1
        return answer(name)
      },
    ),
  })
  const port = await server.listen('127.0.0.1', 0)
  target = createGrpcTarget({
    name: 'greeter',
    address: `127.0.0.1:${port}`,
    metrics,
    refusalKind: (code) =>
      new Map<string, RefusalKind>([...Object.entries(generalRefusals), ['TAKEN', kind]]).get(code),
  })
  client = new Greeter(target.address, target.credentials, target.channelOptions)
  answer = (name) => Promise.resolve({ text: `hello ${name}` })
})

afterEach(async () => {
  client.close()
  target.close()
  await server.close(100)
})

const greet = (retriable = false, deadlineMs = 10_000) =>
  target.unary<GreetRequest, GreetReply>(
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

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'OK',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  )

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

  test('never waits past its deadline', async () => {
    answer = () => new Promise(() => undefined)
    const began = performance.now()
    expect(await codeOf(greet(true, 150)({ name: 'Ann' }))).toBe('TIMEOUT')
    expect(performance.now() - began).toBeLessThan(10_000)
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
