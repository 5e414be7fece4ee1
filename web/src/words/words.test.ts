import { expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { refusals } from '@frontrow/proto/refusals'
import { z } from 'zod'
import { toldInConsole, toldRefusals } from '../refusal-words.ts'
import { readSentences } from '../words.ts'

/** What only tools or the pages' own defects can meet, on any route; a newer page may, and tells it as OTHER. */
const NOT_MET = ['METHOD_NOT_ALLOWED', 'PRECONDITION_FAILED']

/** The API reference's routes, each with the codes that it can answer: they stand in the descriptions and examples of its answers. */
const routes = Object.entries(
  z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.looseObject({ responses: z.unknown() }))) })
    .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8'))).paths,
).flatMap(([path, methods]) =>
  Object.values(methods).map(({ responses }) => ({
    path,
    codes: (JSON.stringify(responses).match(/\b[A-Z]+(?:_[A-Z]+)*\b/g) ?? []).filter((code) =>
      Object.hasOwn(refusals, code),
    ),
  })),
)
const codesOf = (isMeant: (path: string) => boolean): string[] => [
  ...new Set(routes.filter(({ path }) => isMeant(path)).flatMap(({ codes }) => codes)),
]

const BOOKS = ['line', 'join-check', 'shows', 'running', 'buying', 'draw', 'console', 'console-work']
const en = read('en')
const ko = read('ko')

function read(language: string, names = BOOKS): Map<string, string> {
  const files = names.map((name) => readFileSync(join(import.meta.dirname, language, `${name}.json`), 'utf8'))
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

test('every refusal of a route that is not for admins is told in words, in both languages', () => {
  const met = codesOf((path) => !/\/(?:admin|providers)\//.test(path))
  // The list is read out of the reference, so it must not be read as empty one day.
  expect(met).toEqual(expect.arrayContaining(['SEAT_TAKEN', 'QUEUE_FULL', 'CARD_DECLINED', 'TICKET_USED']))
  expect(
    met.filter((code) => !NOT_MET.includes(code) && !toldRefusals.some((told) => told === code)),
  ).toEqual([])
  for (const code of [...toldRefusals, 'NO_CONNECTION', 'NO_ANSWER', 'UNREADABLE', 'OTHER']) {
    for (const words of [en, ko]) expect([code, words.has(`refusal.${code}`)]).toEqual([code, true])
  }
  expect(toldRefusals.filter((code) => !Object.hasOwn(refusals, code))).toEqual([])
})

test('every refusal of a route for admins is told in words where the console is loaded', () => {
  const met = codesOf((path) => path.includes('/admin/'))
  expect(met).toEqual(expect.arrayContaining(['PRECONDITION_FAILED', 'DEAD_LETTER_BEING_RETRIED']))
  const told: readonly string[] = [...toldRefusals, ...toldInConsole]
  expect(met.filter((code) => code !== 'METHOD_NOT_ALLOWED' && !told.includes(code))).toEqual([])
  for (const code of told) {
    for (const words of [en, ko]) expect([code, words.has(`refusal.${code}`)]).toEqual([code, true])
  }
})

test('what the pages up to the line can be refused is among the words that they load, or comes with the check of a join', () => {
  const line = new Map(read('en', ['line', 'join-check']))
  expect([...read('en', ['join-check']).keys()].filter((key) => /^refusal\.(?!JOIN_)/.test(key))).toEqual([])
  const met = codesOf((path) => /\/(?:queue|concerts)(?:\/|$)/.test(path) && !/\/admin\/|\/seats/.test(path))
  expect(met).toContain('BOOKING_NOT_OPEN')
  expect(met.filter((code) => !NOT_MET.includes(code) && !line.has(`refusal.${code}`))).toEqual([])
})

test('every refusal says what to do next: it is more than one short sentence', () => {
  const short = [...en].filter(
    ([key, sentence]) =>
      toldRefusals.some((code) => key === `refusal.${code}`) && sentence.split(/[.;:,?] /).length < 2,
  )
  expect(short).toEqual([])
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
