import { markup } from './markup.ts'
import type { Markup } from './markup.ts'
import type { NoticeKind } from './sql/notices.ts'
import type { PaymentMethod } from '../sql/payments.ts'
import { english } from './words-en.ts'
import { korean } from './words-ko.ts'
import { locales } from './words.ts'
import type { Locale, Words } from './words.ts'

/** All that a mail is made of. */
export interface NoticeFacts {
  kind: NoticeKind
  concertTitle: string
  venueName: string
  performanceAt: Date
  /** Of the venue. */
  timeZone: string
  reservationNumber: string
  seats: readonly { section: string; row: string; seatNumber: number; grade: string }[]
  /** In the smallest unit of `currency`. */
  amount: number
  /** ISO 4217, in any case. */
  currency: string
  paymentMethod: PaymentMethod | null
  reason: string | null
  heldUntil: Date
}

/** A mail without its addresses. */
export interface ComposedNotice {
  kind: NoticeKind
  subject: string
  text: string
  html: string
}

const languages: Readonly<Record<Locale, Words>> = { en: english, ko: korean }

/** The language for a person whose token names `wanted`, such as `ko-KR` or `en_GB`. */
export function chooseLocale(wanted: string | null, fallback: Locale): Locale {
  const language = wanted?.split(/[-_]/)[0]?.toLowerCase()
  return locales.find((known) => known === language) ?? fallback
}

/** Writes a mail: once as text and once as HTML, from the same words. Times are those of the venue. */
export function composeNotice(facts: NoticeFacts, locale: Locale): ComposedNotice {
  const words = languages[locale]
  const when = writeTime(facts.performanceAt, facts.timeZone, locale)
  const amount = writeMoney(facts.amount, facts.currency, locale)
  const { subject, title, paragraphs } = words.messages[facts.kind]({
    concert: facts.concertTitle,
    when,
    amount,
    paymentMethod: facts.paymentMethod,
    reason: facts.reason,
    heldUntil: writeHour(facts.heldUntil, facts.timeZone, locale),
  })
  const { labels } = words
  const rows: Row[] = [
    [labels.concert, [facts.concertTitle]],
    [labels.venue, [facts.venueName]],
    [labels.when, [when]],
    [labels.seats, facts.seats.map(words.seat)],
    [facts.kind === 'REFUND' ? labels.refunded : labels.amount, [amount]],
    [labels.reservation, [facts.reservationNumber]],
  ]
  return {
    kind: facts.kind,
    subject,
    text: asText(title, paragraphs, rows, words.footer),
    html: asHtml({ locale, title, paragraphs, rows, footer: words.footer }),
  }
}

/** A label and the lines beside it. */
type Row = readonly [string, readonly string[]]

/** Money as people of that language write it; Intl knows how many digits its currency has behind the point. */
function writeMoney(amount: number, currency: string, locale: Locale): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency })
  const digits = format.resolvedOptions().maximumFractionDigits ?? 0
  return format.format(amount / 10 ** digits)
}

function writeTime(moment: Date, timeZone: string, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, {
    timeZone,
    weekday: 'long',
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(moment)
}

function writeHour(moment: Date, timeZone: string, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, {
    timeZone,
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(moment)
}

function asText(title: string, paragraphs: readonly string[], rows: readonly Row[], footer: string): string {
  const table = rows.map(([label, lines]) => `${label}: ${lines.join('; ')}`)
  return [title, ...paragraphs, table.join('\n'), `-- \n${footer}`].join('\n\n')
}

// Mail programs know tables and styles on elements, and little else.
const TEXT = 'margin:0 0 16px;font-size:16px;line-height:1.5'
const CELL =
  'padding:8px 16px 8px 0;border-top:1px solid #d9d9e3;vertical-align:top;font-size:15px;line-height:1.4'

function asHtml(mail: {
  locale: Locale
  title: string
  paragraphs: readonly string[]
  rows: readonly Row[]
  footer: string
}): string {
  const lines = (texts: readonly string[]): Markup[] => texts.map((text) => markup`<div>${text}</div>`)
  const rows = mail.rows.map(
    ([label, texts]) => markup`
      <tr>
        <th scope="row" align="left" style="${CELL};font-weight:600;white-space:nowrap">${label}</th>
        <td style="${CELL}">${lines(texts)}</td>
      </tr>`,
  )
  return markup`<!doctype html>
<html lang="${mail.locale}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <meta name="color-scheme" content="light dark">
    <title>${mail.title}</title>
  </head>
  <body style="margin:0;padding:24px;font-family:system-ui,sans-serif">
    <div style="max-width:560px;margin:0 auto">
      <h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">${mail.title}</h1>
      ${mail.paragraphs.map((text) => markup`<p style="${TEXT}">${text}</p>`)}
      <table cellspacing="0" cellpadding="0" style="width:100%;border-collapse:collapse">${rows}
      </table>
      <p style="margin:24px 0 0;font-size:13px;line-height:1.5;opacity:0.7">${mail.footer}</p>
    </div>
  </body>
</html>
`.html
}
