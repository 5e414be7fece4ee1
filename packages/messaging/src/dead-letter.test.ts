import { expect, test } from '@jest/globals'
import { deadLetterTopic, originalHeaders, readDeadLetterReason, toDeadLetter } from './dead-letter.ts'

const reason = {
  consumer: 'wallet',
  topic: 'frontrow.payment.commands',
  partition: 3,
  offset: '12',
  attempts: 4,
  error: 'no luck',
}
const message = {
  key: Buffer.from('saga-1'),
  value: Buffer.from('{'),
  headers: { ce_id: Buffer.from('1'), traceparent: [Buffer.from('00-a'), Buffer.from('00-b')] },
  timestamp: '0',
  attributes: 0,
  offset: '12',
}

test('a dead letter keeps its bytes, and tells a person why and where it was given up on', () => {
  const letter = toDeadLetter(message, reason)
  expect(letter).toMatchObject({ key: message.key, value: message.value })
  expect(readDeadLetterReason(letter.headers)).toEqual(reason)
  expect(deadLetterTopic(reason.topic)).toBe('frontrow.payment.commands.dead-letter')
})

test('what is published again has the headers that it had, and nothing of the reason', () => {
  const letter = toDeadLetter(message, reason)
  expect(originalHeaders(letter.headers)).toEqual({ ce_id: '1', traceparent: '00-a' })
  expect(originalHeaders(undefined)).toEqual({})
})

test('an error of any length fits into the headers', () => {
  const { headers } = toDeadLetter(message, { ...reason, error: 'x'.repeat(1_000_000) })
  expect(readDeadLetterReason(headers).error).toBe('x'.repeat(2_000))
})

test('the reason of a message that nobody gave up on is empty', () => {
  expect(readDeadLetterReason(undefined)).toMatchObject({ consumer: '', topic: '', offset: '', error: '' })
})
