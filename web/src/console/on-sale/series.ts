/** Numbers over time: `at` in seconds since 1970, rising; null where nothing was known for a while. */
export interface Series {
  at: readonly number[]
  values: readonly (number | null)[]
}

/** How much of the past is kept and shown. */
export const SHOWN_SECONDS = 10 * 60
/** After so long without a number nothing is known of the time between. */
const GAP_SECONDS = 12
/** A rate is taken over so long, since a single second of a room that lets in 3 a second says 0 or 6. */
const RATE_SECONDS = 3

/** A series of nothing. */
export const emptySeries: Series = { at: [], values: [] }

/** The series with one more number, without what is too old. A number of a time that is told already, or of an earlier one, is left out. */
export function withNumber({ at, values }: Series, atSeconds: number, value: number): Series {
  const last = at.at(-1)
  if (last !== undefined && atSeconds <= last) return { at, values }
  const isGap = last !== undefined && atSeconds - last > GAP_SECONDS
  const times = isGap ? [...at, (last + atSeconds) / 2, atSeconds] : [...at, atSeconds]
  const numbers = isGap ? [...values, null, value] : [...values, value]
  const first = times.findIndex((time) => time >= atSeconds - SHOWN_SECONDS)
  return { at: times.slice(first), values: numbers.slice(first) }
}

/** How fast a total grew, a second, at each of its times; null where the total before is not known. */
export function rates({ at, values }: Series): Series {
  let from = 0
  const grown = at.map((time, index) => {
    const value = values[index]
    // The last total that is at least so old, but none from before a gap.
    if (value === null || value === undefined) {
      from = index + 1
      return null
    }
    while (from + 1 < index && time - (at[from + 1] ?? time) >= RATE_SECONDS) from += 1
    const before = values[from]
    const seconds = time - (at[from] ?? time)
    return before === null || before === undefined || seconds <= 0 ? null : (value - before) / seconds
  })
  return { at, values: grown }
}
