import { expect, test } from '@jest/globals'
import type { Client } from './client.ts'
import type { AnswerOf, BodyOf, DataOf, EventOf } from './routes.ts'

// The checks here are those of the compiler, in `npm run check:types`; a line that must not compile says so.

type Equal<A, B> = [A, B] extends [B, A] ? true : false

test('the answers of a route are told apart by their status', () => {
  type Held = AnswerOf<'post', '/api/v1/reservations'>
  const claims: [
    Equal<Held['status'], 201 | 202>,
    Equal<Extract<Held, { status: 202 }>['data']['jobId'], string>,
    Equal<AnswerOf<'delete', '/api/v1/queue/tokens/me'>['data'], undefined>,
    Equal<DataOf<'get', '/api/v1/queue/tokens/me'>['status'], 'WAITING' | 'ACTIVE'>,
  ] = [true, true, true, true]
  expect(claims).not.toContain(false)
})

test('events are told apart by their name', () => {
  type Sent = EventOf<'/api/v1/queue/tokens/me/events'>
  const claims: [
    Equal<Sent['event'], 'place' | 'room' | 'ended'>,
    Equal<Extract<Sent, { event: 'room' }>['data']['paused'], boolean>,
  ] = [true, true]
  expect(claims).not.toContain(false)
})

test('a call takes what its route takes, and nothing else', () => {
  const calls = (client: Client): unknown => [
    client.GET('/api/v1/concerts'),
    client.GET('/api/v1/concerts/{concertId}', { params: { path: { concertId: 1 } } }),
    // @ts-expect-error -- the path needs its number
    client.GET('/api/v1/concerts/{concertId}'),
    // @ts-expect-error -- a number is no text
    client.GET('/api/v1/concerts/{concertId}', { params: { path: { concertId: '1' } } }),
    // @ts-expect-error -- no such path
    client.GET('/api/v1/tickets'),
    // @ts-expect-error -- no such method on it
    client.PUT('/api/v1/payments'),
    // @ts-expect-error -- a payment needs its Idempotency-Key
    client.POST('/api/v1/payments', { body: { reservationId: 'r', paymentMethod: 'BALANCE' } }),
    // @ts-expect-error -- these are no events
    client.events('/api/v1/concerts', { signal: new AbortController().signal }),
  ]
  const claims: [Equal<BodyOf<'post', '/api/v1/payments'>['paymentMethod'], 'BALANCE' | 'CARD'>] = [true]
  expect(claims).not.toContain(false)
  expect(calls).toBeInstanceOf(Function)
})
