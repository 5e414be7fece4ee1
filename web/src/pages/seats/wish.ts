/** What a person wants to hold: the best seats there are, or the ones that were pointed at. */
export type Wish =
  { quantity: number; grade?: string; allowSplit?: true } | { seatIds: number[]; totalAmount: number }

/** What `POST /reservations` takes. */
export type HoldBody = { scheduleId: number } & Wish

/** Reads the request of a try that was kept; undefined for what is none, or that of another schedule. */
export function readHoldBody(body: unknown, scheduleId: number): HoldBody | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const {
    scheduleId: own,
    quantity,
    grade,
    allowSplit,
    seatIds,
    totalAmount,
  } = Object.fromEntries(Object.entries(body))
  if (own !== scheduleId) return undefined
  if (typeof quantity === 'number') {
    return {
      scheduleId,
      quantity,
      ...(typeof grade === 'string' ? { grade } : {}),
      ...(allowSplit === true ? { allowSplit } : {}),
    }
  }
  if (!Array.isArray(seatIds) || typeof totalAmount !== 'number') return undefined
  const ids: unknown[] = seatIds
  const numbers = ids.filter((id) => typeof id === 'number')
  return numbers.length === ids.length ? { scheduleId, seatIds: numbers, totalAmount } : undefined
}
