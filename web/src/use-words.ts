import { useSyncExternalStore } from 'react'
import { formatLocalDay, formatLocalTime, formatMoment, formatMoney, formatShowTime } from './formats.ts'
import { useInstallation } from './use-installation.ts'
import { currentLanguage, say, watchWords } from './words.ts'
import type { Language, Say } from './words.ts'

/** Sentences, money and times in the person's language; a component that uses it is drawn anew when the language changes. */
export interface Words {
  t: Say
  language: Language
  money: (amount: number) => string
  count: (value: number) => string
  localDay: (performanceDate: string) => string
  localTime: (performanceTime: string) => string
  showTime: (at: string | number, timeZone: string) => string
  moment: (at: string) => string
}

/** The words of now. */
export function useWords(): Words {
  const t = useSyncExternalStore(watchWords, say)
  const language = currentLanguage()
  const currency = useInstallation()?.currency
  return {
    t,
    language,
    // An amount in the wrong currency would be worse than one that is a moment late.
    money: (amount) => (currency === undefined ? '…' : formatMoney(amount, language, currency)),
    count: (value) => value.toLocaleString(language),
    localDay: (date) => formatLocalDay(date, language),
    localTime: (time) => formatLocalTime(time, language),
    showTime: (at, timeZone) => formatShowTime(at, timeZone, language),
    moment: (at) => formatMoment(at, language),
  }
}
