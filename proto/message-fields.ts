/** What the fields of messages mean. A name means the same in every message, so each is here once. */
export const fieldMeanings: Readonly<Record<string, string>> = {
  amount: 'The price of all seats of the payment, in the smallest unit of the currency.',
  balance: 'What the wallet holds after it.',
  blockId: 'One time that a seat was taken off sale; the next time has another.',
  blocks: 'The seats, and their blocks.',
  bookingCloseAt: 'When no seats can be held any more.',
  bookingOpenAt: 'When seats can be held.',
  concertId: 'The concert.',
  expiresAt: 'Until when the hold is kept.',
  jobId: 'The job.',
  liveHoldsLeft: 'How many holds of that place are live after the change.',
  paymentId: 'The payment; one of a reservation is approved at most.',
  paymentMethod: 'What was paid with: points of a wallet, or a card.',
  performanceAt: 'When the show begins.',
  queuePlace:
    'The place in the waiting room that made the hold; `scheduleId` and `sequence` are its identity. Null or missing where it is not known.',
  reason: 'Why, as a code. More of them may come.',
  refundableUntil:
    'Until when buyers can give back what is paid. Null: until the performance begins. Missing in messages of before.',
  refundedAmount:
    'What was given back, in the smallest unit of the currency; 0 where nothing had been taken.',
  reservationId: 'The reservation. It is one thing from its hold to its end.',
  scheduleId: 'The schedule: one performance of a concert.',
  seatCount: 'How many seats the schedule has in all.',
  seatId: 'The seat.',
  seatIds: 'The seats.',
  sequence: 'The number of the place in its waiting room.',
  status: 'Whether it sells: ON_SALE, CLOSED or, for good, CANCELLED.',
  totalAmount: 'The price of all seats of the reservation, in the smallest unit of the currency.',
  userId: "The buyer: the subject of their token, 1 to 64 characters. It is a person's.",
  waitingRoomOpenAt: 'When people can begin to wait.',
}
