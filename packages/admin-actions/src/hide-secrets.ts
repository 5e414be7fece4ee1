const HIDDEN = '[hidden]'
const SECRET_NAME =
  /secret|passw|token|credential|authorization|signature|private|api_?key|^card$|^cvc$|^pan$/i

/**
 * A copy of a parsed body in which the values of fields with the names of secrets are hidden, at any depth: tokens, passwords, keys, cards.
 * Names decide, and not schemas, so that a route which forgets to say what is secret does not write it down.
 */
export function hideSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      SECRET_NAME.test(name) ? HIDDEN : hideSecrets(field),
    ]),
  )
}
