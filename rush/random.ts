/** A repeatable stream of random numbers: the same seed and stream give the same numbers on every machine. */
export interface Random {
  /** At least 0, below 1. */
  next(): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** At least `low`, below `high`. */
  between(low: number, high: number): number
  /** An integer of `low` to `high`, both included. */
  integer(low: number, high: number): number
}

/**
 * One stream of a seed. Each fan has its own, so that what one fan draws does not depend on when the others were
 * answered; two runs of a seed have the same crowd even where the system answers differently.
 */
export function createRandom(seed: number, stream: number): Random {
  let state = mix(mix(seed | 0) ^ Math.imul(stream + 1, 0x9e3779b9))
  // This is mulberry32. Its 32 bits of state are enough, because a fan draws a few hundred numbers.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    chance: (probability) => next() < probability,
    between: (low, high) => low + next() * (high - low),
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
  }
}

function mix(value: number): number {
  let bits = value | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad)
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97)
  return bits ^ (bits >>> 15)
}

/** The rate falls to e^-3 of its first value, so 67 % of the fans come in the first third of the time. */
const THINNING = 3

/**
 * When each fan arrives, in ms after opening, in order. Independent draws from a rate that falls exponentially: a
 * Poisson process of a given number of arrivals, most of them at the start.
 */
export function drawArrivals(random: Random, fans: number, arriveMs: number): number[] {
  const reach = 1 - Math.exp(-THINNING)
  const times = Array.from(
    { length: fans },
    () => (-Math.log(1 - random.next() * reach) / THINNING) * arriveMs,
  )
  return times.toSorted((a, b) => a - b)
}
