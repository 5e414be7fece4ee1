import { localStore } from './browser-store.ts'
import type buying from './words/en/buying.json'
import type consoleWords from './words/en/console.json'
import type consoleWork from './words/en/console-work.json'
import type draw from './words/en/draw.json'
import type joinCheck from './words/en/join-check.json'
import type line from './words/en/line.json'
import type running from './words/en/running.json'
import type shows from './words/en/shows.json'

/** The languages that the pages speak, each by its own name. */
export const languages = { en: 'English', ko: '한국어' } as const

/** One of them. */
export type Language = keyof typeof languages

/** `a_one` and `a_other` are one sentence. */
type WithoutPlural<K extends string> = K extends `${infer Base}_${'one' | 'other'}` ? Base : K
type KeysOf<T, Path extends string = ''> = {
  [K in keyof T & string]: T[K] extends string ? `${Path}${WithoutPlural<K>}` : KeysOf<T[K], `${Path}${K}.`>
}[keyof T & string]

/** Every sentence by its key. */
type WordKey =
  | KeysOf<typeof shows>
  | KeysOf<typeof running>
  | KeysOf<typeof draw>
  | KeysOf<typeof line>
  | KeysOf<typeof joinCheck>
  | KeysOf<typeof buying>
  | KeysOf<typeof consoleWords>
  | KeysOf<typeof consoleWork>

/** Writes a sentence; `count` chooses its plural. */
export type Say = (key: WordKey, values?: Readonly<Record<string, string | number>>) => string

/** Sentences by their whole keys. */
type Sentences = ReadonlyMap<string, string>

const CHOSEN = 'frontrow.language'

/** Sentences that are loaded together, a file a language. */
export type Book = Readonly<Record<Language, () => Promise<{ default: object }>>>

// The crowd in a waiting room loads only what it needs there.
const lineWords: Book = {
  en: () => import('./words/en/line.json'),
  ko: () => import('./words/ko/line.json'),
}

/** What is said on the pages before the line. */
export const showsWords: Book = {
  en: () => import('./words/en/shows.json'),
  ko: () => import('./words/ko/shows.json'),
}

/** What is said on the pages after the line. */
export const buyingWords: Book = {
  en: () => import('./words/en/buying.json'),
  ko: () => import('./words/ko/buying.json'),
}

let language: Language = 'en'
/** The language that is being loaded, or was last. */
let wantedLanguage: Language = 'en'
let loading: Promise<void> = Promise.resolve()
let sentences: Sentences = new Map()
let saying: Say = (key) => key
const books = new Set([lineWords])
const listeners = new Set<() => void>()

/** Loads the sentences of the language that the person chose earlier, or else of the first one that the browser asks for and we have. */
export async function startWords(): Promise<void> {
  const wanted = [localStore.getItem(CHOSEN) ?? '', ...navigator.languages]
  await speak(wanted.map(languageOf).find((known) => known !== undefined) ?? 'en')
}

/** Loads these as well, now and after each change of the language. */
export async function loadWords(...more: readonly Book[]): Promise<void> {
  for (const book of more) books.add(book)
  await speak(wantedLanguage)
}

/** Changes the language, and remembers it; where its words can't be loaded, the language of before stays. */
export async function chooseLanguage(next: Language): Promise<void> {
  await speak(next)
  if (language === next) localStore.setItem(CHOSEN, next)
}

/** The language of now. */
export function currentLanguage(): Language {
  return language
}

/** Writes sentences in the language of now; another function after each change. */
export function say(): Say {
  return saying
}

/** Calls `listener` after each change of the language. */
export function watchWords(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Writes sentences of one language, from files in the format of i18next (JSON, version 4). A key that is not there is written as it is. */
export function sayer(words: Sentences, tag: string): Say {
  const plurals = new Intl.PluralRules(tag)
  const numbers = new Intl.NumberFormat(tag)
  return (key, values = {}) => {
    const { count } = values
    const form = typeof count === 'number' ? words.get(`${key}_${plurals.select(count)}`) : undefined
    const sentence = form ?? words.get(key) ?? key
    return sentence.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => {
      const value = values[name]
      return typeof value === 'number' ? numbers.format(value) : (value ?? whole)
    })
  }
}

/** The sentences of a file, by their whole keys. */
export function readSentences(words: unknown, path = ''): [string, string][] {
  if (typeof words === 'string') return [[path, words]]
  return Object.entries(words ?? {}).flatMap(([name, value]) =>
    readSentences(value, path === '' ? name : `${path}.${name}`),
  )
}

/** Resolves when the sentences that were asked for last are there: who asks twice in a row gets the second, whichever comes first. */
async function speak(next: Language): Promise<void> {
  wantedLanguage = next
  const mine = load(next, () => loading === mine)
  loading = mine
  try {
    await mine
  } catch (error) {
    if (loading !== mine) return loading
    wantedLanguage = language
    throw error
  }
  if (loading !== mine) await loading
}

async function load(next: Language, isLatest: () => boolean): Promise<void> {
  const files = await Promise.all([...books].map((book) => book[next]()))
  if (!isLatest()) return
  language = next
  sentences = new Map(files.flatMap((file) => readSentences(file.default)))
  saying = sayer(sentences, next)
  document.documentElement.lang = next
  for (const listener of listeners) listener()
}

function languageOf(tag: string): Language | undefined {
  const [first = ''] = tag.toLowerCase().split('-')
  return first === 'en' || first === 'ko' ? first : undefined
}
