/**
 * Something about this machine or its data keeps the stack from starting. A person can act on the message, so it is
 * shown without a stack trace.
 */
export class SetupProblem extends Error {
  override name = 'SetupProblem'
}
