/** How a fan pays. */
export type PaymentMethod = 'BALANCE' | { card: string }

/** What `POST /payments` takes. */
export interface PaymentBody {
  reservationId: string
  paymentMethod: 'BALANCE' | 'CARD'
  card?: { token: string }
  /** What the fan saw. */
  amount: number
}

/** The request of a payment. */
export function paymentBody(
  { reservationId, totalAmount }: { reservationId: string; totalAmount: number },
  method: PaymentMethod,
): PaymentBody {
  return method === 'BALANCE'
    ? { reservationId, paymentMethod: 'BALANCE', amount: totalAmount }
    : { reservationId, paymentMethod: 'CARD', card: { token: method.card }, amount: totalAmount }
}

/** Reads the request of a try that was kept; undefined for what is none, or that of another reservation. */
export function readPaymentBody(body: unknown, reservationId: string): PaymentBody | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { reservationId: own, paymentMethod, card, amount } = Object.fromEntries(Object.entries(body))
  if (own !== reservationId || typeof amount !== 'number') return undefined
  if (paymentMethod === 'BALANCE') return { reservationId, paymentMethod, amount }
  if (paymentMethod !== 'CARD' || typeof card !== 'object' || card === null) return undefined
  return 'token' in card && typeof card.token === 'string'
    ? { reservationId, paymentMethod, card: { token: card.token }, amount }
    : undefined
}
