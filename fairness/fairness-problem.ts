/**
 * The room could not be checked, because the system does not answer, answers not as docs/fairness.md promises, or has too much to
 * check. That says nothing about fairness. The message is for a person.
 */
export class FairnessProblem extends Error {
  override name = 'FairnessProblem'
}
