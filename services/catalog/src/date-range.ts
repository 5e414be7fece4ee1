const DAY_MS = 86_400_000

/** Days of performances, both included, as YYYY-MM-DD in UTC. */
export interface DateRange {
  fromDate: string
  toDate: string
}

/** The day of a time. */
export function dateOf(time: Date): string {
  return time.toISOString().slice(0, 10)
}

/** The same day of the next month, or that month's last day where it is shorter. */
export function monthAfter(date: string): string {
  const start = new Date(`${date}T00:00:00Z`)
  const lastOfNext = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 2, 0))
  const day = Math.min(start.getUTCDate(), lastOfNext.getUTCDate())
  return dateOf(new Date(Date.UTC(lastOfNext.getUTCFullYear(), lastOfNext.getUTCMonth(), day)))
}

/** From today where no first day is given, to a month later where no last day is given. */
export function dateRange(wanted: Partial<DateRange>, now: Date): DateRange {
  const fromDate = wanted.fromDate ?? dateOf(now)
  return { fromDate, toDate: wanted.toDate ?? monthAfter(fromDate) }
}

/** The range as times: from the first day's start until before the start of the day after the last. */
export function timesOf({ fromDate, toDate }: DateRange): { from: Date; until: Date } {
  return {
    from: new Date(`${fromDate}T00:00:00Z`),
    until: new Date(Date.parse(`${toDate}T00:00:00Z`) + DAY_MS),
  }
}
