import type { News } from '../notify/news.ts'
import type { NewNotice } from './sql/notices.ts'

/** A hold ends this long after the mail that warns of it; 0 where no such mail is wanted. */
export interface NoticeSettings {
  holdNoticeMs: number
}

/**
 * The mail that an event calls for, or null. A refund that gave nothing back is none, because nothing had been taken. Of a cancelled show
 * those hear who had paid, once when it is cancelled and once when their money is back.
 */
export function chooseNotice(news: News, { holdNoticeMs }: NoticeSettings): NewNotice | null {
  const { eventId, at } = news
  switch (news.type) {
    case 'PaymentApproved':
      return {
        ...aboutPayment(news.data),
        eventId,
        kind: 'CONFIRMATION',
        isBulk: false,
        reason: null,
        dueAt: at,
      }
    case 'PaymentRefunded': {
      const { refundedAmount, reason } = news.data
      if (refundedAmount === 0) return null
      const isBulk = reason === 'SCHEDULE_CANCELLED'
      const refund = { ...aboutPayment(news.data), amount: refundedAmount }
      return { ...refund, eventId, kind: 'REFUND', isBulk, reason, dueAt: at }
    }
    case 'ReservationCancelled': {
      const { reservationId, userId, scheduleId, paymentId, reason } = news.data
      if (reason !== 'SCHEDULE_CANCELLED' || paymentId === null) return null
      const about = { reservationId, userId, scheduleId, paymentId, amount: null }
      return { ...about, eventId, kind: 'SHOW_CANCELLED', isBulk: true, reason, dueAt: at }
    }
    case 'ReservationHeld':
    case 'ReservationRefreshed': {
      if (holdNoticeMs === 0) return null
      const { reservationId, userId, scheduleId, expiresAt } = news.data
      const about = { reservationId, userId, scheduleId, paymentId: null, amount: null, reason: null }
      const dueAt = new Date(Date.parse(expiresAt) - holdNoticeMs)
      return { ...about, eventId, kind: 'HOLD_ENDING', isBulk: false, dueAt }
    }
    default:
      return null
  }
}

function aboutPayment(payment: {
  reservationId: string
  userId: string
  scheduleId: number
  paymentId: string
  amount: number
}): Pick<NewNotice, 'reservationId' | 'userId' | 'scheduleId' | 'paymentId' | 'amount'> {
  const { reservationId, userId, scheduleId, paymentId, amount } = payment
  return { reservationId, userId, scheduleId, paymentId, amount }
}
