import type { Told, Words } from './words.ts'

function whereTo({ paymentMethod }: Told): string {
  if (paymentMethod === 'CARD') return '결제하신 카드로'
  return '회원님의 지갑으로'
}

function whyRefunded(reason: string | null): string {
  switch (reason) {
    case 'USER_CANCELLED':
      return '회원님께서 예매를 취소하셨습니다.'
    case 'SCHEDULE_CANCELLED':
      return '공연이 취소되었습니다.'
    case 'RESERVATION_EXPIRED':
      return '결제가 끝나기 전에 좌석 선점 시간이 지나 예매가 완료되지 않았습니다.'
    case 'ALREADY_PAID':
      return '이미 결제된 예매이므로 중복 결제를 취소했습니다.'
    default:
      return '결제를 완료하지 못해 예매가 이루어지지 않았습니다.'
  }
}

export const korean: Words = {
  messages: {
    CONFIRMATION: (told) => ({
      subject: `예매 완료: ${told.concert}, ${told.when}`,
      title: '예매가 완료되었습니다',
      paragraphs: [`${told.amount} 결제를 확인했습니다. 공연장에서 뵙겠습니다!`],
    }),
    REFUND: (told) => ({
      subject: `환불 완료: ${told.concert}, ${told.amount}`,
      title: '환불이 완료되었습니다',
      paragraphs: [
        whyRefunded(told.reason),
        `${whereTo(told)} ${told.amount} 환불이 완료되었습니다.${told.paymentMethod === 'CARD' ? ' 카드사에 따라 며칠이 걸릴 수 있습니다.' : ''}`,
      ],
    }),
    SHOW_CANCELLED: (told) => ({
      subject: `공연 취소 안내: ${told.concert}, ${told.when}`,
      title: '공연이 취소되었습니다',
      paragraphs: [
        '죄송합니다. 아래 공연이 취소되어 예매도 함께 취소되었습니다.',
        `따로 하실 일은 없습니다. ${whereTo(told)} ${told.amount} 환불해 드리며, 환불이 끝나면 다시 알려 드리겠습니다.`,
      ],
    }),
    HOLD_ENDING: (told) => ({
      subject: `${told.heldUntil}까지 좌석이 선점되어 있습니다: ${told.concert}`,
      title: '좌석 선점 시간이 곧 끝납니다',
      paragraphs: [
        `${told.heldUntil}까지 ${told.amount} 결제를 마쳐 주세요. 그 뒤에는 다른 분이 예매할 수 있습니다.`,
      ],
    }),
  },
  labels: {
    concert: '공연',
    venue: '장소',
    when: '일시',
    seats: '좌석',
    amount: '결제 금액',
    refunded: '환불 금액',
    reservation: '예매 번호',
  },
  seat: ({ section, row, seatNumber, grade }) => `${section} 구역 ${row}열 ${seatNumber}번 (${grade})`,
  footer: '이 메일은 회원님의 예매와 관련하여 발송되었습니다. 시각은 공연장 현지 기준입니다.',
}
