import { expect, test } from '@jest/globals'
import { eventually } from './eventually.ts'

test('an assertion that holds after a while passes, with its value', async () => {
  let tries = 0
  const value = await eventually(() => {
    tries++
    expect(tries).toBeGreaterThan(2)
    return tries
  })
  expect(value).toBe(3)
})

test('an assertion that never holds fails with what it saw last', async () => {
  let tries = 0
  const failing = eventually(
    () => {
      tries++
      throw new Error(`seen: ${tries}`)
    },
    { withinMs: 30, everyMs: 5 },
  )
  await expect(failing).rejects.toThrow(/^seen: /)
  expect(tries).toBeGreaterThan(1)
})
