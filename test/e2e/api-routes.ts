import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { operations, send, takes } from './api-reference.ts'
import type { Answered, Operation, Request } from './api-reference.ts'
import { exampleRequest, makeScene, makeWebhook, sceneFor } from './api-scene.ts'
import type { Scene } from './api-scene.ts'
import type { OnSaleNetwork } from './on-sale-network.ts'

// Streams do not end, and Stripe signs what it sends.
const APART = ['streamPlace', 'streamSeats', 'takeStripeEvent']
const routes = operations.filter(({ operationId }) => !APART.includes(operationId))
const named = (some: readonly Operation[]) => some.map((one) => [`${one.method} ${one.path}`, one] as const)

const writes = routes.filter(({ method }) => method !== 'GET')
const keyed = writes.filter((one) => takes(one, 'header', 'Idempotency-Key'))
// A repeat of these needs no key: the schedule and the person name the place, of whose token only a hash is kept, and Stripe's events have ids.
const KEYLESS = ['joinWaitingRoom', 'reissueToken', 'leaveWaitingRoom', 'takeStripeEvent']
const slow = routes.filter((one) => one.responses['202'] !== undefined)
const lists = routes.filter((one) => takes(one, 'query', 'cursor'))
const tagged = routes.filter((one) => one.responses['304'] !== undefined)

// Of these the scene has one item at most, so they have no second page.
const SHORT = ['listJobs']
const SUCCESSES = [200, 201, 202, 204]
const ASYNC = { Prefer: 'respond-async' }
const PROBLEM = { Accept: 'application/problem+json' }

/** What holds for every route alike, route by route as the reference lists them. Each answer is compared with what the reference says. */
export function testEveryRoute(network: () => OnSaleNetwork): void {
  let scene: Scene

  beforeAll(async () => {
    scene = await makeScene(network())
  })

  const ask = (operation: Operation, request: Request): Promise<Answered> =>
    send(network().url, operation, request)
  const example = async (
    operation: Operation,
    body: unknown = operation.examples[0]?.[1],
  ): Promise<Request> =>
    exampleRequest(operation, await sceneFor(network(), scene, operation.operationId), body)
  const withHeaders = (request: Request, headers: Record<string, string>): Request => ({
    ...request,
    headers: { ...request.headers, ...headers },
  })
  const refused = (answer: Answered): unknown => [
    answer.status,
    answer.body?.error?.code ?? answer.body?.code,
  ]

  describe('every example of the reference is answered with success', () => {
    test.each(named(routes))('%s', async (_name, operation) => {
      const bodies =
        operation.examples.length === 0 ? [undefined] : operation.examples.map(([, body]) => body)
      expect([operation.hasBody, operation.examples.length > 0]).toEqual([
        operation.hasBody,
        operation.hasBody,
      ])
      for (const body of bodies) {
        const request = withHeaders(await example(operation, body), keyHeader(operation))
        // A route that does not know the wish passes it over.
        const wish = slow.includes(operation) ? {} : ASYNC
        const answer = await ask(operation, withHeaders(request, wish))
        expect(answer.headers.get('preference-applied')).toBeNull()
        expect([body, answer.status, answer.body?.error]).toEqual([
          body,
          SUCCESSES.includes(answer.status) ? answer.status : 200,
          undefined,
        ])
        if (answer.status === 201 || answer.status === 202) {
          expect(answer.headers.get('location')).toMatch(/^\/api\/v1\//)
        }
      }
    })
  })

  describe('who would rather not wait is told at once where to ask and when', () => {
    test.each(named(slow))('%s', async (_name, operation) => {
      const request = withHeaders(await example(operation), { ...keyHeader(operation), ...ASYNC })
      const { status, headers } = await ask(operation, request)
      expect([status, headers.get('preference-applied')]).toEqual([202, 'respond-async'])
      expect(headers.get('location')).toMatch(/^\/api\/v1\//)
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      const { as, admin } = request
      const told = await network().call('GET', headers.get('location') ?? '', {
        ...(as === undefined ? {} : { as }),
        admin: admin === true,
      })
      expect(told.status).toBe(200)
    })
  })

  describe('a write without a place for an Idempotency-Key says why, and may be repeated', () => {
    test('they are few', () => {
      const others = operations.filter((one) => one.method !== 'GET' && !keyed.includes(one))
      expect(others.map(({ operationId }) => operationId)).toEqual(KEYLESS)
      for (const { operationId, description } of others) {
        expect([operationId, description]).toEqual([
          operationId,
          expect.stringContaining('`Idempotency-Key`'),
        ])
      }
    })

    test.each([
      ['joinWaitingRoom', [200, undefined], [409, 'QUEUE_TOKEN_EXISTS']],
      ['reissueToken', [200, undefined], [200, undefined]],
      ['leaveWaitingRoom', [204, undefined], [204, undefined]],
    ])('%s', async (operationId, first, second) => {
      const request = withHeaders(await example(route(operationId)), { 'Idempotency-Key': randomUUID() })
      const answers = [await ask(route(operationId), request), await ask(route(operationId), request)]
      expect(answers.map(refused)).toEqual([first, second])
      expect(answers.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, null])
    })
  })

  describe('an Idempotency-Key gives the same answer again, and is refused with another request', () => {
    test.each(named(keyed))('%s', async (_name, operation) => {
      const key = { 'Idempotency-Key': `again-${randomUUID()}` }
      const request = withHeaders(await example(operation), key)
      const began = await ask(operation, request)
      expect(SUCCESSES).toContain(began.status)
      expect(began.headers.get('idempotency-replayed')).toBeNull()
      const first = await settled(operation, request, began)
      const second = await ask(operation, request)
      expect([
        second.status,
        second.headers.get('idempotency-replayed'),
        second.headers.get('location'),
      ]).toEqual([first.status, 'true', first.headers.get('location')])
      expect(second.body).toEqual(first.body)
      const other = withHeaders({ ...(await otherThan(operation, request)) }, key)
      expect(refused(await ask(operation, other))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    })

    /** What was still under way is told of as it is by then, until it has ended. */
    function settled(operation: Operation, request: Request, began: Answered): Promise<Answered> {
      const canEnd = operation.responses['200'] !== undefined || operation.responses['201'] !== undefined
      return eventually(async () => {
        if (began.status !== 202 || !canEnd) return began
        const again = await ask(operation, request)
        if (again.status === 202) throw new Error(`${operation.operationId} is still under way`)
        return again
      })
    }

    /** The same with something else in its body or, where it has none, in its path. */
    async function otherThan(operation: Operation, request: Request): Promise<Request> {
      if (request.body === undefined) return { ...request, path: (await example(operation)).path }
      const [, another] = operation.examples[1] ?? []
      if (another !== undefined) return { ...request, body: exampleRequest(operation, scene, another).body }
      return { ...request, body: changed(request.body) }
    }

    test.each(named(keyed))(
      '%s refuses a key that breaks its rule, and names it',
      async (_name, operation) => {
        const request = exampleRequest(operation, scene, operation.examples[0]?.[1])
        const isRequired = operation.parameters.some(
          ({ name, required }) => name === 'Idempotency-Key' && required,
        )
        for (const key of ['x'.repeat(256), 'a b', '\u00e9', '', ...(isRequired ? [undefined] : [])]) {
          const answer = await ask(
            operation,
            key === undefined ? request : withHeaders(request, { 'Idempotency-Key': key }),
          )
          expect([key, refused(answer), answer.body?.error?.details]).toEqual([
            key,
            [400, 'INVALID_REQUEST'],
            expect.arrayContaining([expect.objectContaining({ in: 'header', field: 'idempotency-key' })]),
          ])
        }
      },
    )
  })

  describe('a list has pages of the size that was asked for, and goes on from its cursor', () => {
    test.each(named(lists))('%s', async (_name, operation) => {
      const request = exampleRequest(operation, scene)
      const { maximum = 0 } = operation.parameters.find(({ name }) => name === 'limit')?.schema ?? {}
      for (const wrong of [
        'limit=0',
        `limit=${maximum + 1}`,
        'limit=x',
        'limit=',
        'limit=1&limit=2',
        'cursor=!',
        'cursor=',
        'cursor=AAAA',
        'cursor=a&cursor=b',
      ]) {
        const answer = await ask(operation, { ...request, query: wrong })
        expect([wrong, refused(answer), answer.body?.error?.details]).toEqual([
          wrong,
          [400, 'INVALID_REQUEST'],
          expect.arrayContaining([expect.objectContaining({ in: 'query', field: wrong.split('=')[0] })]),
        ])
      }
      const whole = await ask(operation, { ...request, query: `limit=${maximum}` })
      const first = await ask(operation, { ...request, query: 'limit=1' })
      expect(first.body.data.items.length).toBe(Math.min(1, whole.body.data.items.length))
      expect([operation.operationId, first.body.data.nextCursor === null]).toEqual([
        operation.operationId,
        SHORT.includes(operation.operationId),
      ])
      if (first.body.data.nextCursor === null) return
      const second = await ask(operation, {
        ...request,
        query: `limit=1&cursor=${first.body.data.nextCursor}`,
      })
      expect(second.body.data.items).toHaveLength(1)
      expect(second.body.data.items).not.toEqual(first.body.data.items)
    })

    test('also where what it was at is deleted meanwhile', async () => {
      const made = [await makeWebhook(network()), await makeWebhook(network()), await makeWebhook(network())]
      const list = route('listWebhooks')
      const request = exampleRequest(list, scene)
      const first = await ask(list, { ...request, query: 'limit=1' })
      expect(first.body.data.items[0].webhookId).toBe(made[2])
      const deletion = route('deleteWebhook')
      for (const webhookId of made.slice(1)) {
        const gone = await ask(
          deletion,
          exampleRequest(deletion, { ...scene, ids: { ...scene.ids, webhookId } }),
        )
        expect(gone.status).toBe(204)
      }
      const next = await ask(list, { ...request, query: `limit=1&cursor=${first.body.data.nextCursor}` })
      expect(next.body.data.items[0].webhookId).toBe(made[0])
    })
  })

  describe('who has an answer by its ETag gets 304 without a body', () => {
    test.each(named(tagged))('%s', async (_name, operation) => {
      const request = exampleRequest(operation, scene)
      // What other tests did may still reach the shared schedule in between, by a message or a new reading of its seats.
      await eventually(
        async () => {
          const first = await ask(operation, request)
          const tag = first.headers.get('etag') ?? ''
          for (const known of [tag, `W/${tag.replace(/^W\//, '')}`, `"other", ${tag}`, '*']) {
            const unchanged = await ask(operation, withHeaders(request, { 'If-None-Match': known }))
            expect([known, unchanged.status, unchanged.body, unchanged.headers.get('etag')]).toEqual([
              known,
              304,
              null,
              tag,
            ])
          }
          const other = await ask(operation, withHeaders(request, { 'If-None-Match': '"other"' }))
          expect(other.status).toBe(200)
        },
        { withinMs: 20_000, everyMs: 200 },
      )
    })
  })

  describe('a change takes the ETag that was read, and no other', () => {
    test.each(named(writes.filter((one) => takes(one, 'header', 'If-Match'))))(
      '%s',
      async (_name, operation) => {
        const request = await example(operation)
        const late = await ask(operation, withHeaders(request, { 'If-Match': '"v999"' }))
        expect(refused(late)).toEqual([412, 'PRECONDITION_FAILED'])
        const shown = shownBy(operation)
        const read = await ask(shown, {
          ...request,
          path: request.path.replace(/\/(?:sections|seats|secret)$/, ''),
          body: undefined,
        })
        const tag = read.headers.get('etag') ?? ''
        expect(tag).toMatch(/^"v\d+-/)
        expect((await ask(operation, withHeaders(request, { 'If-Match': tag }))).status).toBeLessThan(300)
      },
    )

    function shownBy({ path }: Operation): Operation {
      const thing = path.replace(/\/(?:sections|seats|secret)$/, '')
      const found = operations.find((other) => other.method === 'GET' && other.path === thing)
      if (found === undefined) throw new Error(`nothing shows ${thing}`)
      return found
    }
  })

  describe('what is wrong is refused by name, in either form', () => {
    test.each(named(routes))('%s', async (_name, operation) => {
      const request = exampleRequest(operation, scene, operation.examples[0]?.[1])
      for (const form of operation.needs.bearer ? [{}, PROBLEM] : []) {
        const nobody = await ask(operation, { ...request, as: undefined, headers: form })
        expect(refused(nobody)).toEqual([401, 'UNAUTHENTICATED'])
      }
      for (const [index, wrong] of wrongRequests(operation, request).entries()) {
        const form = index === 0 ? PROBLEM : {}
        const answer = await ask(operation, withHeaders(wrong.request, { ...keyHeader(operation), ...form }))
        const details = answer.body?.error?.details ?? answer.body?.details ?? undefined
        expect([wrong.what, refused(answer), details]).toEqual([wrong.what, wrong.refused, wrong.details])
        expect(answer.headers.get('content-type')).toContain(
          index === 0 ? 'problem+json' : 'application/json',
        )
      }
    })
  })
}

const route = (operationId: string): Operation => {
  const found = operations.find((operation) => operation.operationId === operationId)
  if (found === undefined) throw new Error(`there is no ${operationId}`)
  return found
}

function keyHeader(operation: Operation): Record<string, string> {
  return takes(operation, 'header', 'Idempotency-Key') ? { 'Idempotency-Key': randomUUID() } : {}
}

/** Another body that is as good: one of its numbers, texts or lists is different. */
function changed(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body
  const [name = '', value] =
    Object.entries(body).find(([, one]) => typeof one === 'number' || typeof one === 'string') ?? []
  return { ...body, [name]: typeof value === 'number' ? value + 1 : `${value}x` }
}

interface Wrong {
  what: string
  request: Request
  refused: [number, string]
  details: unknown
}

function wrongRequests(operation: Operation, request: Request): Wrong[] {
  const invalid: [number, string] = [400, 'INVALID_REQUEST']
  const naming = (place: string, field: string) =>
    expect.arrayContaining([expect.objectContaining({ in: place, field })])
  const inPath = operation.parameters
    .filter((one) => one.in === 'path' && (one.schema.type === 'integer' || one.schema.format === 'uuid'))
    .map(({ name }) => ({
      what: `${name} is x`,
      request: { ...request, path: pathWith(operation, request.path, name, 'x') },
      refused: invalid,
      details: naming('path', name),
    }))
  const twice = operation.parameters
    .filter((one) => one.in === 'query')
    .map(({ name }) => ({
      what: `${name} is there twice`,
      request: { ...request, query: `${name}=1&${name}=2` },
      refused: invalid,
      details: naming('query', name),
    }))
  const bodies = ['5', '[]', 'null', '"x"', '{', '{"nobodyKnows":1}'].map((body) => ({
    what: `the body is ${body}`,
    request: { ...request, body },
    refused: invalid,
    details: naming('body', body.includes('nobodyKnows') ? 'nobodyKnows' : 'body'),
  }))
  const types = ['text/plain', 'application/json; charset=utf-16'].map((type): Wrong => ({
    what: `the body is ${type}`,
    request: { ...request, body: '{}', headers: { 'Content-Type': type } },
    refused: [415, 'UNSUPPORTED_MEDIA_TYPE'],
    details: undefined,
  }))
  const large: Wrong = {
    what: 'the body is too large',
    request: { ...request, body: JSON.stringify({ a: 'x'.repeat(66_000) }) },
    refused: [413, 'PAYLOAD_TOO_LARGE'],
    details: undefined,
  }
  return [...inPath, ...twice, ...(operation.hasBody ? [...bodies, ...types, large] : [])]
}

function pathWith(operation: Operation, path: string, name: string, value: string): string {
  const at = operation.path.split('/').indexOf(`{${name}}`)
  return path.split('/').with(at, value).join('/')
}
