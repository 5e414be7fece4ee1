import { buyingWords, loadWords } from '../words.ts'
import type { Book } from '../words.ts'
import { Console } from './Console.tsx'

/** What the console says, beside the fan's sentences: seat maps and refusals are told there. */
const consoleWords: readonly Book[] = [
  { en: () => import('../words/en/console.json'), ko: () => import('../words/ko/console.json') },
  { en: () => import('../words/en/console-work.json'), ko: () => import('../words/ko/console-work.json') },
]

/** The console with its sentences, as `lazy` takes it. */
export async function loadConsole(): Promise<{ default: typeof Console }> {
  await loadWords(buyingWords, ...consoleWords)
  return { default: Console }
}
