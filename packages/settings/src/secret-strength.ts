const DIFFERENT_MIN = 6

/** Words that the secrets of examples and of development are made of. */
const EXAMPLES =
  /^(?:[\W_\d]*(?:admin|change|default|demo|dev|development|example|frontrow|guest|insecure|is|it|key|me|my|not|only|pass|password|postgres|qwerty|redis|root|sample|secret|test|testing|the|this|to|token|your))+[\W_\d]*$/i

/** The least bytes of a secret that somebody who has a token, or a signature, could look for at home. */
export const KEY_BYTES_MIN = 32
/** The least bytes of a password that only its server can be asked about. */
export const PASSWORD_BYTES_MIN = 16

/** The rule that `isWeak` holds a secret to, worded so that it can follow "of". */
export function strengthRule(bytesMin: number): string {
  return `${bytesMin} bytes or more, with ${DIFFERENT_MIN} different characters or more, not made of the words of examples`
}

/** Whether a secret is too short, nearly one character repeated, or one of an example. */
export function isWeak(secret: string, bytesMin: number): boolean {
  if (Buffer.byteLength(secret) < bytesMin) return true
  return new Set(secret).size < DIFFERENT_MIN || EXAMPLES.test(secret)
}
