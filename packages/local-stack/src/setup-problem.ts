/**
 * Something about this machine or its data stands in the way. The message is one line that a person can act on; it is
 * shown without a stack trace.
 */
export class SetupProblem extends Error {
  override name = 'SetupProblem'
}
