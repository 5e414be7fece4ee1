import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { BoundedMap } from './bounded-map.ts'

const MAX = 8

test('gives back what was written last, never forgets the newest half, and never keeps more than it may', () => {
  const step = fc.record({ key: fc.nat(15), how: fc.constantFrom('set', 'set', 'set', 'delete') })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const map = new BoundedMap<number, number>(MAX)
      // Newest last.
      let written: { key: number; value: number }[] = []
      for (const [value, { key, how }] of steps.entries()) {
        written = written.filter((one) => one.key !== key)
        if (how === 'delete') map.delete(key)
        else {
          map.set(key, value)
          written.push({ key, value })
        }
        const kept = Array.from({ length: 16 }, (_none, other) => other).filter(
          (other) => map.get(other) !== undefined,
        )
        expect(kept.length).toBeLessThanOrEqual(MAX)
        for (const other of kept) expect(written).toContainEqual({ key: other, value: map.get(other) })
        for (const one of written.slice(-MAX / 2)) expect(map.get(one.key)).toBe(one.value)
      }
    }),
  )
})
