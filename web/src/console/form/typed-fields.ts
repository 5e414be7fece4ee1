import type { Say } from '../../words.ts'
import type { Values } from './use-form.ts'

/** Reads fields one after the other and notes what is wrong with each. */
export class TypedFields {
  readonly problems: Record<string, string> = {}
  readonly #values: Values
  readonly #t: Say

  constructor(values: Values, t: Say) {
    this.#values = values
    this.#t = t
  }

  /** A text of 1 to `maxLength` characters. */
  text(field: string, maxLength: number): string {
    const text = this.#read(field)
    if (text === '') this.note(field, this.#t('typed.none'))
    else if (text.length > maxLength) this.note(field, this.#t('typed.long', { max: maxLength }))
    return text
  }

  /** A text that may be left out; undefined where it is. */
  optionalText(field: string, maxLength: number): string | undefined {
    return this.#read(field) === '' ? undefined : this.text(field, maxLength)
  }

  /** A whole number. */
  wholeNumber(field: string, min: number, max: number): number {
    const text = this.#read(field)
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (text === '') this.note(field, this.#t('typed.none'))
    else if (!(number >= min && number <= max)) this.note(field, this.#t('typed.number', { min, max }))
    return number
  }

  /** What is in the field. */
  raw(field: string): string {
    return this.#read(field)
  }

  /** Notes what is wrong with a field; the first problem of a field is the one that is told. */
  note(field: string, problem: string): void {
    this.problems[field] ??= problem
  }

  /** The body where nothing is wrong. */
  checked<B>(body: B): { body: B } | { problems: Values } {
    return Object.keys(this.problems).length === 0 ? { body } : { problems: this.problems }
  }

  #read(field: string): string {
    return (this.#values[field] ?? '').trim()
  }
}
