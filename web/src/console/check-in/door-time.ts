/** When a ticket was used, by the venue's clock: the time, and the day too where it was not today. */
export function formatDoorTime(at: string, timeZone: string, language: string, nowMs: number): string {
  const day = new Intl.DateTimeFormat(language, { timeZone, dateStyle: 'medium' })
  const time = new Intl.DateTimeFormat(language, { timeZone, timeStyle: 'short' })
  const moment = new Date(at)
  const isToday = day.format(moment) === day.format(nowMs)
  return isToday ? time.format(moment) : `${day.format(moment)}, ${time.format(moment)}`
}
