import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { lingerMs, PATIENT, PROMPT } from './wake-up.ts'

test('one message alone lets nobody wait, and more never wait for longer than their limit', () => {
  for (const lingering of [PROMPT, PATIENT]) {
    expect(lingerMs(0, lingering)).toBe(0)
    expect(lingerMs(1, lingering)).toBe(0)
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 1_000 }), (count) => {
        expect(lingerMs(count, lingering)).toBeGreaterThanOrEqual(lingerMs(count - 1, lingering))
        expect(lingerMs(count, lingering)).toBeLessThanOrEqual(lingering.maxMs)
      }),
    )
  }
})
