/** What one charge may be, in the currency's smallest unit. */
interface AmountLimits {
  chargeAmountMin: number
  chargeAmountMax: number
}

/** What is wrong with an amount. `decimal`: a part of the currency's unit that it does not have. */
type AmountProblem = 'none' | 'decimal' | 'small' | 'large'

/** What was typed: an amount in the currency's smallest unit, or what is wrong with it. */
type TypedAmount = { amount: number } | { problem: AmountProblem }

const PLAIN = /^(\d{1,12})(?:[.,](\d+))?$/
// The same mark between all groups, exactly three digits after each, and another one before a decimal part.
const MARKED = /^(\d{1,3}(?:([\s,.'’])\d{3})(?:\2\d{3}){0,2})(?:(?!\2)[.,](\d+))?$/

/** Reads an amount as people write it, with or without marks between the thousands. `digits` are those of the currency's smaller unit. */
export function readAmount(text: string, digits: number, limits: AmountLimits): TypedAmount {
  const trimmed = text.trim()
  const marked = MARKED.exec(trimmed)
  const plain = PLAIN.exec(trimmed)
  const [whole, part = ''] = marked === null ? [plain?.[1], plain?.[2]] : [marked[1], marked[3]]
  if (whole === undefined) return { problem: 'none' }
  // With three digits 1.000 may be one or a thousand.
  if (part.length > digits || (marked !== null && digits > 2)) return { problem: 'decimal' }
  const amount = Number(whole.replaceAll(/\D/g, '') + part.padEnd(digits, '0'))
  if (amount < limits.chargeAmountMin) return { problem: 'small' }
  return amount > limits.chargeAmountMax ? { problem: 'large' } : { amount }
}
