import { loadWords } from '../words.ts'
import type { Book } from '../words.ts'
import { DrawCheck } from './DrawCheck.tsx'

const drawWords: Book = {
  en: () => import('../words/en/draw.json'),
  ko: () => import('../words/ko/draw.json'),
}

/** The check with its sentences, as `lazy` takes it. */
export async function loadDrawCheck(): Promise<{ default: typeof DrawCheck }> {
  await loadWords(drawWords)
  return { default: DrawCheck }
}
