import { loadWords } from '../words.ts'
import type { Book } from '../words.ts'
import { RunningBar } from './RunningBar.tsx'

const runningWords: Book = {
  en: () => import('../words/en/running.json'),
  ko: () => import('../words/ko/running.json'),
}

/** The bar with its sentences, as `lazy` takes it. */
export async function loadRunningBar(): Promise<{ default: typeof RunningBar }> {
  await loadWords(runningWords)
  return { default: RunningBar }
}
