import type { Told, Words } from './words.ts'

function whereTo({ paymentMethod }: Told): string {
  if (paymentMethod === 'CARD')
    return 'to the card that you paid with; the bank may take some days to show it'
  return 'to your wallet'
}

function whyRefunded(reason: string | null): string {
  switch (reason) {
    case 'USER_CANCELLED':
      return 'You cancelled this reservation.'
    case 'SCHEDULE_CANCELLED':
      return 'The show was cancelled.'
    case 'RESERVATION_EXPIRED':
      return 'The time to pay for your seats ran out before the payment was through, so they are not yours.'
    case 'ALREADY_PAID':
      return 'This reservation had been paid for already, so the second payment was not needed.'
    default:
      return 'The payment could not be completed, so the seats are not yours.'
  }
}

export const english: Words = {
  messages: {
    CONFIRMATION: (told) => ({
      subject: `Confirmed: ${told.concert}, ${told.when}`,
      title: 'Your seats are confirmed',
      paragraphs: [`We have received your payment of ${told.amount}. See you there!`],
    }),
    REFUND: (told) => ({
      subject: `Refunded: ${told.concert}, ${told.amount}`,
      title: 'Your money has been given back',
      paragraphs: [whyRefunded(told.reason), `${told.amount} went back ${whereTo(told)}.`],
    }),
    SHOW_CANCELLED: (told) => ({
      subject: `Cancelled: ${told.concert}, ${told.when}`,
      title: 'The show has been cancelled',
      paragraphs: [
        'We are sorry: this show will not take place, and your reservation is cancelled with it.',
        `You need not do anything. ${told.amount} will be given back ${whereTo(told)}. We write again when it is done.`,
      ],
    }),
    HOLD_ENDING: (told) => ({
      subject: `Your seats are held until ${told.heldUntil}: ${told.concert}`,
      title: 'Your hold is about to run out',
      paragraphs: [
        `Pay ${told.amount} by ${told.heldUntil} to keep these seats. After that others can take them.`,
      ],
    }),
  },
  labels: {
    concert: 'Concert',
    venue: 'Venue',
    when: 'When',
    seats: 'Seats',
    amount: 'Amount',
    refunded: 'Refunded',
    reservation: 'Reservation',
  },
  seat: ({ section, row, seatNumber, grade }) => `${section}, row ${row}, seat ${seatNumber} (${grade})`,
  footer: 'This mail was sent because of a reservation of yours. Times are those of the venue.',
}
