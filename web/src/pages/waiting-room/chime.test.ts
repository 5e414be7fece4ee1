import { expect, test } from '@jest/globals'
import { chime } from './chime.ts'

test('where nothing can be played, as here, the turn is told without a sound and without a failure', async () => {
  expect(globalThis.AudioContext).toBeUndefined()
  expect(() => chime()).not.toThrow()
  await Promise.resolve()
})
