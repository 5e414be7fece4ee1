import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { signatureHeaders, writeSecret } from './sign.ts'

const secret = randomBytes(32)
const body = JSON.stringify({ type: 'payment.approved', data: { note: '공연 "1"' } })

test('the library of Standard Webhooks verifies what we sign', () => {
  const headers = signatureHeaders({ id: 'an-id', body, at: new Date() }, [secret])
  expect(new Webhook(writeSecret(secret)).verify(body, headers)).toEqual(JSON.parse(body))
})

test('while a secret is being replaced, who knows either of the two can verify', () => {
  const before = randomBytes(32)
  const headers = signatureHeaders({ id: 'an-id', body, at: new Date() }, [secret, before])
  for (const known of [secret, before]) {
    expect(() => new Webhook(writeSecret(known)).verify(body, headers)).not.toThrow()
  }
  expect(() => new Webhook(writeSecret(randomBytes(32))).verify(body, headers)).toThrow()
})

test('another body, another id and an old time are not verified', () => {
  const sign = (at: Date) => signatureHeaders({ id: 'an-id', body, at }, [secret])
  const webhook = new Webhook(writeSecret(secret))
  expect(() => webhook.verify(`${body} `, sign(new Date()))).toThrow()
  expect(() => webhook.verify(body, { ...sign(new Date()), 'webhook-id': 'another' })).toThrow()
  expect(() => webhook.verify(body, sign(new Date(Date.now() - 3_600_000)))).toThrow()
})
