/**
 * The room could not be checked: wrong arguments, or a system that doesn't answer, or not as it promises. Says nothing
 * about fairness. The message is for a person.
 */
export class FairnessProblem extends Error {
  override name = 'FairnessProblem'
}
