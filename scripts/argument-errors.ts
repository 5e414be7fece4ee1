/** An argument that breaks a rule; the message names both. */
export class WrongArgument extends Error {
  override name = 'WrongArgument'
}

/**
 * Whether node:util's parseArgs threw this; its message says which argument it does not know. By its code: under Jest, Node's
 * errors are of another realm.
 */
export function isParseArgsError(error: unknown): error is { code: string; message: string } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'message' in error &&
    'code' in error &&
    String(error.code).startsWith('ERR_PARSE_ARGS')
  )
}
