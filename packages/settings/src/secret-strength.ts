const DIFFERENT_MIN = 6

/** Words that the secrets of examples and of development are made of. */
const EXAMPLES =
  /^(?:[\W_\d]*(?:admin|catalog|change|db|default|demo|dev|development|example|frontrow|guest|insecure|is|it|key|me|my|not|only|pass|password|payment|postgres|queue|qwerty|redis|reservation|root|sample|secret|test|testing|the|this|to|token|user|wallet|your))+[\W_\d]*$/i

/** Digits alone, or a short text again and again. */
const PATTERNS = /^(?:\d+|(.{1,16})\1+)$/s

/** The least bytes of a secret that somebody who has a token, or a signature, could look for at home. */
export const KEY_BYTES_MIN = 32
/** The least bytes of a password that only its server can be asked about. */
export const PASSWORD_BYTES_MIN = 16

/** The rule that `isWeak` holds a secret to, worded so that it can follow "of". */
export function strengthRule(bytesMin: number): string {
  return `${bytesMin} bytes or more, with ${DIFFERENT_MIN} different characters or more, not made of digits alone, of one text repeated or of the words of examples`
}

/** Whether a secret is too short, made of little that is repeated, a number, or one of an example. */
export function isWeak(secret: string, bytesMin: number): boolean {
  if (Buffer.byteLength(secret) < bytesMin) return true
  return new Set(secret).size < DIFFERENT_MIN || PATTERNS.test(secret) || EXAMPLES.test(secret)
}
