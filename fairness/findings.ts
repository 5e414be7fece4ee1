/** The result of one check. */
export interface Check {
  readonly name: string
  readonly outcome: Outcome
  /** What was compared, why it could not be compared, or each violation. */
  readonly lines: readonly string[]
}

/**
 * `not yet`: something that the check needs is not published yet. `not checked`: the check needs a value that only a person
 * who noted it earlier can give.
 */
export type Outcome = 'holds' | 'broken' | 'not yet' | 'not checked'

/** So many violations are shown; a log that was rewritten has one at every number. */
const SHOWN_MAX = 5

/** Collects the violations of one rule. */
export class Findings {
  readonly #shown: string[] = []
  #found = 0

  /** Adds a violation. Its text is only made where it will be shown. */
  add(describe: () => string): void {
    this.#found += 1
    if (this.#shown.length < SHOWN_MAX) this.#shown.push(describe())
  }

  /** The result of the check; `seen` is its line where there is no violation. */
  toCheck(name: string, seen: string): Check {
    if (this.#found === 0) return { name, outcome: 'holds', lines: [seen] }
    const more = this.#found - this.#shown.length
    const lines = more === 0 ? this.#shown : [...this.#shown, `and ${more.toLocaleString('en')} more`]
    return { name, outcome: 'broken', lines }
  }
}
