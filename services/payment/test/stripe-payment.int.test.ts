import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readConfig } from '@frontrow/service-host/config'
import type { RunningService } from '@frontrow/service-host/host'
import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { settings } from '../src/config.ts'
import { startPayment } from '../src/start.ts'
import { startParticipants } from './participants.ts'
import type { Participants } from './participants.ts'

let stripe: Server
let environment: TestEnvironment
let participants: Participants
let payment: RunningService
const seen: { path: string | undefined; headers: IncomingHttpHeaders; body: string }[] = []

beforeAll(async () => {
  stripe = createServer(async (request, response) => {
    const body = (await request.toArray()).join('')
    seen.push({ path: request.url, headers: request.headers, body })
    response.end(JSON.stringify({ id: 'pi_1', status: 'succeeded' }))
  })
  await new Promise<void>((resolve) => stripe.listen(0, '127.0.0.1', resolve))
  const address = stripe.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  environment = await createTestEnvironment()
  participants = await startParticipants(environment)
  const targets = ['QUEUE_GRPC', 'CATALOG_GRPC', 'RESERVATION_GRPC', 'WALLET_GRPC']
  const config = readConfig(settings, {
    ...environment.serviceEnv('payment'),
    ...Object.fromEntries(targets.map((name) => [name, participants.address])),
    STRIPE_SECRET_KEY: 'sk_test_1',
    STRIPE_API_URL: `http://127.0.0.1:${port}`,
    STRIPE_CURRENCY: 'eur',
  })
  payment = await startPayment(config, {
    processMetrics: false,
    onFatal: (error) => {
      throw error
    },
  })
})

afterAll(async () => {
  await payment.lifecycle.stop()
  await participants.stop()
  await environment.dispose()
  stripe.closeAllConnections()
  await new Promise((resolve) => stripe.close(resolve))
})

test('with a key of Stripe, a card is taken there, under a key of the payment', async () => {
  const reservationId = randomUUID()
  const hold = { reservationId, userId: '101', scheduleId: 42, status: 'HOLD', totalAmount: 120_000 }
  participants.reservations.set(reservationId, hold)
  const response = await fetch(`http://127.0.0.1:${payment.ports.http}/api/v1/payments`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${await tokenFor('101')}`,
      'Queue-Token': randomUUID(),
      'Content-Type': 'application/json',
      'Idempotency-Key': randomUUID(),
    },
    body: JSON.stringify({ reservationId, paymentMethod: 'CARD', card: { token: 'pm_1' } }),
  })
  const paid: { data?: { paymentId: string } } = JSON.parse(await response.text())
  expect([response.status, paid]).toMatchObject([201, { data: { status: 'APPROVED' } }])
  expect(seen).toHaveLength(1)
  expect(seen[0]).toMatchObject({
    path: '/v1/payment_intents',
    headers: {
      authorization: 'Bearer sk_test_1',
      'idempotency-key': `capture-${paid.data?.paymentId}`,
    },
  })
  expect(Object.fromEntries(new URLSearchParams(seen[0]?.body))).toMatchObject({
    amount: '120000',
    currency: 'eur',
    payment_method: 'pm_1',
  })
})
