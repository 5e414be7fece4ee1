const CENSOR = '[redacted]'

let secrets: ReadonlySet<string> = new Set()
let anySecret: RegExp | undefined

/**
 * Keeps these texts out of every line that `withoutSecrets` is asked about from now on, wherever they stand: the addresses in errors of
 * drivers hold passwords, and no list of fields knows them all.
 */
export function keepSecrets(texts: readonly string[]): void {
  secrets = new Set([...secrets, ...texts])
  // As the text of a string in JSON, which is how a line has it; the longest first, since one may be part of another.
  const written = [...secrets].map((text) => JSON.stringify(text).slice(1, -1))
  const pattern = written
    .toSorted((a, b) => b.length - a.length)
    .map((text) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
  anySecret = pattern.length === 0 ? undefined : new RegExp(pattern.join('|'), 'g')
}

/** A line of JSON without the secrets of this process. */
export function withoutSecrets(line: string): string {
  return anySecret === undefined ? line : line.replaceAll(anySecret, CENSOR)
}
