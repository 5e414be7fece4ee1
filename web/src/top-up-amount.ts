/** What one charge may be, by default; the API has the last word. */
const MIN = 1_000
const MAX = 1_000_000

/** What is wrong with an amount. */
export type AmountProblem = 'none' | 'small' | 'large'

/** The amount that was typed, with or without marks between the thousands; undefined for what is no whole number. */
export function readAmount(text: string): number | undefined {
  const digits = text.replaceAll(/[\s,.'’]/g, '')
  return /^\d{1,12}$/.test(digits) ? Number(digits) : undefined
}

/** The rule that an amount breaks; undefined where it breaks none. */
export function amountProblem(amount: number | undefined): AmountProblem | undefined {
  if (amount === undefined) return 'none'
  if (amount < MIN) return 'small'
  return amount > MAX ? 'large' : undefined
}
