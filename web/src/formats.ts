/** How many digits the smaller unit of a currency (ISO 4217) has: none for KRW. The API's amounts are in that unit. */
export function digitsOf(currency: string): number {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 0
  )
}

/** An amount as people of the language write it. */
export function formatMoney(amount: number, language: string, currency: string): string {
  const format = new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
  })
  return format.format(amount / 10 ** digitsOf(currency))
}

/** A day and a time at the venue, whatever the zone of the person who reads it. */
export function formatShowTime(at: string | number, timeZone: string, language: string): string {
  return new Intl.DateTimeFormat(language, {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(typeof at === 'number' ? at : new Date(at))
}

/** A moment of the person's own past, in the person's own zone. */
export function formatMoment(at: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at))
}

/** A local day and time of the API as the parts of a date, to write without shifting it between zones. */
export function formatLocalDay(performanceDate: string, language: string): string {
  return new Intl.DateTimeFormat(language, {
    timeZone: 'UTC',
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    year: 'numeric',
  }).format(new Date(`${performanceDate}T00:00:00Z`))
}

/** HH:mm:ss of the API as people of the language write a time of day. */
export function formatLocalTime(performanceTime: string, language: string): string {
  return new Intl.DateTimeFormat(language, { timeZone: 'UTC', hour: 'numeric', minute: '2-digit' }).format(
    new Date(`1970-01-01T${performanceTime}Z`),
  )
}

/** Milliseconds left as 4:05, 1:02:03 or 2:01:02:03 (days). Rounded up, so that 0:00 is only shown when it is over. */
export function formatTimeLeft(leftMs: number): string {
  const total = Math.max(0, Math.ceil(leftMs / 1000))
  const [days, hours, minutes, seconds] = [86_400, 3_600, 60, 1].map((unit, at) =>
    at === 0 ? Math.floor(total / unit) : Math.floor(total / unit) % (at === 1 ? 24 : 60),
  )
  const two = (value: number | undefined): string => String(value).padStart(2, '0')
  if (days !== undefined && days > 0) return `${days}:${two(hours)}:${two(minutes)}:${two(seconds)}`
  if (hours !== undefined && hours > 0) return `${hours}:${two(minutes)}:${two(seconds)}`
  return `${minutes}:${two(seconds)}`
}
