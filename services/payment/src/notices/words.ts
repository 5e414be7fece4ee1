import type { PaymentMethod } from '../sql/payments.ts'
import type { NoticeKind } from './sql/notices.ts'

/** The languages that mail is written in. */
export const locales = ['en', 'ko'] as const
export type Locale = (typeof locales)[number]

/** What a mail tells, already written for people in their language. */
export interface Told {
  concert: string
  /** Date and time at the venue. */
  when: string
  /** The money that the mail is about. */
  amount: string
  paymentMethod: PaymentMethod | null
  /** The code of why money is given back; null where it is none of a refund. */
  reason: string | null
  /** The hold's last moment at the venue. */
  heldUntil: string
}

/** What a mail says, by its kind. */
export interface Message {
  subject: string
  title: string
  paragraphs: readonly string[]
}

/** The words of one language. */
export interface Words {
  messages: Readonly<Record<NoticeKind, (told: Told) => Message>>
  labels: {
    concert: string
    venue: string
    when: string
    seats: string
    amount: string
    refunded: string
    reservation: string
  }
  seat: (seat: { section: string; row: string; seatNumber: number; grade: string }) => string
  footer: string
}
