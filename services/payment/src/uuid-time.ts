/** When the UUIDv7 of a payment was made, which is just before the payment began. */
export function beganAt(paymentId: string): Date {
  return new Date(Number.parseInt(paymentId.slice(0, 8) + paymentId.slice(9, 13), 16))
}

/** The lowest UUIDv7 that could be made at a moment: all that were made later are above it. */
export function lowestIdAt(moment: Date): string {
  const hex = moment.getTime().toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

/** The UUID just below another one that is not the lowest of all. */
export function idBefore(id: string): string {
  const hex = (BigInt(`0x${id.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
