/** What a limit of a room may be, as the API has it. */
export const limits = {
  maxActive: { min: 1, max: 1_000_000 },
  admitPerSecond: { min: 1, max: 10_000 },
} as const

/** One of them. */
export type LimitName = keyof typeof limits

/** What was typed: a whole number within the limits, or what is wrong with it. */
type TypedLimit = { value: number } | { problem: 'none' | 'small' | 'large' }

/** Reads a whole number as people write it, with or without marks between the thousands. */
export function readLimit(text: string, { min, max }: { min: number; max: number }): TypedLimit {
  const trimmed = text.trim()
  const isNumber =
    /^-?\d{1,15}$/.test(trimmed) || /^\d{1,3}(?:([\s,.'’])\d{3})(?:\1\d{3}){0,3}$/.test(trimmed)
  if (!isNumber) return { problem: 'none' }
  const value = Number(trimmed.replaceAll(/[^\d-]/g, ''))
  if (value < min) return { problem: 'small' }
  return value > max ? { problem: 'large' } : { value }
}

/** The next larger or smaller round number, by about a tenth: 7 to 8, 50 to 55, 1,230 to 1,300. */
export function nextRound(
  value: number,
  direction: 1 | -1,
  { min, max }: { min: number; max: number },
): number {
  const beyond = Math.max(1, value + Math.min(0, direction))
  const step = Math.max(1, 10 ** (Math.floor(Math.log10(beyond)) - 1) * (leadingDigit(beyond) >= 5 ? 5 : 1))
  const next = direction > 0 ? (Math.floor(value / step) + 1) * step : (Math.ceil(value / step) - 1) * step
  return Math.min(max, Math.max(min, next))
}

function leadingDigit(value: number): number {
  return Math.floor(value / 10 ** Math.floor(Math.log10(value)))
}

/** What was typed and is not applied yet; a field that nobody touched shows what the room has. */
export type Drafts = Readonly<Partial<Record<LimitName, string>>>

/** What is left to apply of the drafts of now where those that were `sent` are: what was typed meanwhile. */
export function draftsSince(sent: Drafts, now: Drafts): Drafts {
  const names = Object.keys(limits).filter(isLimitName)
  return Object.fromEntries(
    names.flatMap((name) => (now[name] === undefined || now[name] === sent[name] ? [] : [[name, now[name]]])),
  )
}

function isLimitName(name: string): name is LimitName {
  return name in limits
}
