/** How one check came out. */
export interface Check {
  readonly name: string
  readonly outcome: Outcome
  /** What was compared, why it could not be, or what offends: a line each. */
  readonly lines: readonly string[]
}

/**
 * `not yet`: what it needs is not published so far. `not checked`: it needs something that only the one who asks can know.
 */
export type Outcome = 'holds' | 'broken' | 'not yet' | 'not checked'

/** Enough to look into; a rewritten log offends at every number. */
const SHOWN_MAX = 5

/** Collects what offends against one rule. */
export class Findings {
  readonly #shown: string[] = []
  #found = 0

  /** The text is only made where it will be shown. */
  add(describe: () => string): void {
    this.#found += 1
    if (this.#shown.length < SHOWN_MAX) this.#shown.push(describe())
  }

  /** `seen` is told where nothing offends. */
  toCheck(name: string, seen: string): Check {
    if (this.#found === 0) return { name, outcome: 'holds', lines: [seen] }
    const more = this.#found - this.#shown.length
    const lines = more === 0 ? this.#shown : [...this.#shown, `and ${more.toLocaleString('en')} more`]
    return { name, outcome: 'broken', lines }
  }
}
