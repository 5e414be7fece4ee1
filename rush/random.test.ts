import { describe, expect, test } from '@jest/globals'
import { createRandom, drawArrivals } from './random.ts'

const draw = (seed: number, stream: number): number[] => {
  const random = createRandom(seed, stream)
  return Array.from({ length: 20 }, () => random.next())
}

describe('createRandom', () => {
  test('the same seed and stream repeat; another seed or stream does not', () => {
    expect(draw(7, 3)).toEqual(draw(7, 3))
    expect(draw(7, 4)).not.toEqual(draw(7, 3))
    expect(draw(8, 3)).not.toEqual(draw(7, 3))
  })

  test('draws spread evenly, also across the first draws of neighbouring streams', () => {
    const firsts = Array.from({ length: 10_000 }, (_, stream) => createRandom(1, stream).next())
    const mean = firsts.reduce((sum, value) => sum + value, 0) / firsts.length
    expect(mean).toBeGreaterThan(0.48)
    expect(mean).toBeLessThan(0.52)
    expect(Math.min(...firsts)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...firsts)).toBeLessThan(1)
  })

  test('integers reach both ends', () => {
    const random = createRandom(5, 0)
    const seen = new Set(Array.from({ length: 200 }, () => random.integer(1, 4)))
    expect([...seen].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
  })
})

describe('drawArrivals', () => {
  test('all arrive in time and in order, most of them in the first third', () => {
    const times = drawArrivals(createRandom(11, 0), 3_000, 10_000)
    expect(times).toHaveLength(3_000)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times.at(-1)).toBeLessThanOrEqual(10_000)
    const early = times.filter((time) => time < 10_000 / 3).length / times.length
    expect(early).toBeGreaterThan(0.6)
    expect(early).toBeLessThan(0.75)
  })

  test('no time to arrive in means all at once', () => {
    expect(drawArrivals(createRandom(11, 0), 3, 0)).toEqual([0, 0, 0])
  })
})
