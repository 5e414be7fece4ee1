/** Months are YYYY-MM and days YYYY-MM-DD, as the API writes days of performances: nothing here shifts between zones. */

const DAY_MS = 86_400_000

/** The month of a day. */
export function monthOf(day: string): string {
  return day.slice(0, 7)
}

/** The month that many months later. */
export function monthAfter(month: string, months: number): string {
  const at = Date.parse(`${month}-01T00:00:00Z`)
  const date = new Date(at)
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months)).toISOString().slice(0, 7)
}

/** The last day of a month. */
export function lastDayOf(month: string): string {
  const next = Date.parse(`${monthAfter(month, 1)}-01T00:00:00Z`)
  return new Date(next - DAY_MS).toISOString().slice(0, 10)
}

/** The weeks of a month, seven days each from `firstWeekday` on (1 is Monday, 7 Sunday); undefined stands for days of other months. */
export function monthGrid(month: string, firstWeekday: number): (string | undefined)[][] {
  const first = Date.parse(`${month}-01T00:00:00Z`)
  const blanks = (new Date(first).getUTCDay() + 7 - firstWeekday) % 7
  const days = Number(lastDayOf(month).slice(8))
  const weeks = Math.ceil((blanks + days) / 7)
  return Array.from({ length: weeks }, (_week, week) =>
    Array.from({ length: 7 }, (_day, weekday) => {
      const day = week * 7 + weekday - blanks
      return day < 0 || day >= days ? undefined : new Date(first + day * DAY_MS).toISOString().slice(0, 10)
    }),
  )
}

/** The day that it is in a time zone. */
export function todayIn(timeZone: string | undefined, nowMs: number): string {
  const parts = new Intl.DateTimeFormat('en', {
    ...(timeZone === undefined ? {} : { timeZone }),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(nowMs)
  const part = (wanted: string): string => parts.find(({ type }) => type === wanted)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}

/** Which day a week begins with where the language is spoken: 1 is Monday, 7 Sunday. Not every browser knows, and Sunday is what most ours see. */
export function firstWeekdayOf(language: string): number {
  const locale: Intl.Locale & { getWeekInfo?: () => { firstDay: number } } = new Intl.Locale(language)
  return locale.getWeekInfo?.().firstDay ?? 7
}
