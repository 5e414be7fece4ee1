import { expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { refusals } from '@frontrow/proto/refusals'
import { toldInConsole, toldRefusals } from '../refusal-words.ts'
import { readSentences } from '../words.ts'

/** What only services, tools or the pages' own defects can meet; a newer page may, and tells them as OTHER. */
const TOLD_BY_NOBODY = [
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'SEAT_LAYOUT_NOT_FOUND',
  'JOB_NOT_FOUND',
  'RESERVATION_NOT_CONFIRMED',
]

const en = read('en')
const ko = read('ko')

function read(language: string): Map<string, string> {
  const files = ['line', 'buying', 'console', 'console-work'].map((name) =>
    readFileSync(join(import.meta.dirname, language, `${name}.json`), 'utf8'),
  )
  const sentences = files.flatMap((file) => readSentences(JSON.parse(file)))
  if (new Set(sentences.map(([key]) => key)).size < sentences.length)
    throw new Error(`${language} says something twice`)
  return new Map(sentences)
}

/** Languages differ in their plurals, not in what they say. */
function withoutPlurals(keys: Iterable<string>): string[] {
  return [...new Set([...keys].map((key) => key.replace(/_(?:one|other)$/, '')))].toSorted()
}

function placesIn(sentence: string): string[] {
  return [...new Set(sentence.match(/\{\{\w+\}\}/g) ?? [])].toSorted()
}

test('every sentence is there in both languages, none is empty, and both name the same things', () => {
  expect(withoutPlurals(ko.keys())).toEqual(withoutPlurals(en.keys()))
  for (const [key, sentence] of [...en, ...ko]) expect([key, sentence.trim()]).not.toEqual([key, ''])
  for (const [key, sentence] of ko)
    expect([key, placesIn(sentence)]).toEqual([key, placesIn(en.get(key) ?? '')])
})

test('a sentence with a plural has all the forms of its language', () => {
  for (const [words, forms] of [
    [en, ['one', 'other']],
    [ko, ['other']],
  ] as const) {
    for (const key of words.keys()) {
      const [, base] = /^(.*)_(?:one|other)$/.exec(key) ?? []
      if (base === undefined) continue
      for (const form of forms) expect([...words.keys()]).toContain(`${base}_${form}`)
    }
  }
})

test('every refusal of the API is told in words, to fans or in the console, or known not to be met in pages', () => {
  expect([...toldRefusals, ...toldInConsole, ...TOLD_BY_NOBODY].toSorted()).toEqual(
    Object.keys(refusals).toSorted(),
  )
  for (const code of [
    ...toldRefusals,
    ...toldInConsole,
    'NO_CONNECTION',
    'NO_ANSWER',
    'UNREADABLE',
    'OTHER',
  ]) {
    expect(en.has(`refusal.${code}`)).toBe(true)
  }
})

test('no sentence is left that no page says', () => {
  const root = join(import.meta.dirname, '..')
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
  // A key may be put together, as in `refusal.${kind}`; then its beginning is what the source has.
  const isSaid = (key: string): boolean =>
    sources.includes(`'${key}'`) ||
    key.split('.').some((_, at, parts) => at > 0 && sources.includes(`\`${parts.slice(0, at).join('.')}.\${`))
  expect(withoutPlurals(en.keys()).filter((key) => !isSaid(key))).toEqual([])
})
