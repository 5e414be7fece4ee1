import { expect, test } from '@jest/globals'
import { PausesEnded, Pauses } from './pauses.ts'

test('ends every pause at once, also those asked for later', async () => {
  const pauses = new Pauses()
  const waiting = [pauses.pause(60_000), pauses.pause(90_000)]
  pauses.end()
  for (const pause of waiting) await expect(pause).rejects.toThrow(PausesEnded)
  await expect(pauses.pause(1)).rejects.toThrow(PausesEnded)
  expect(pauses.ended).toBe(true)
})

test('a pause is over after its time', async () => {
  const began = performance.now()
  await new Pauses().pause(15)
  expect(performance.now() - began).toBeGreaterThanOrEqual(14)
})
