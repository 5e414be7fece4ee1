import { useWords } from '../use-words.ts'
import type { Mark } from './seat-marks.ts'
import type { SeatMapTexts } from './seat-map-texts.ts'

/** The sentences of a seat map in the language of now. `stateOf` says how a seat stands, where that is not said to fans. */
export function useSeatMapTexts(stateOf?: (mark: Mark) => string): SeatMapTexts {
  const { t, money } = useWords()
  return {
    map: t('seatMap.map'),
    hint: t('seatMap.hint'),
    stage: t('seatMap.stage'),
    zoomIn: t('seatMap.zoomIn'),
    zoomOut: t('seatMap.zoomOut'),
    showAll: t('seatMap.showAll'),
    seat: ({ section, row, seatNumber, grade, price }, mark) =>
      t('seatMap.seat', {
        section,
        row,
        number: String(seatNumber),
        grade,
        price: money(price),
        state: stateOf?.(mark) ?? t(`seatMap.state.${mark}`),
      }),
    full: (limit) => (limit === 0 ? t('seatMap.noneLeft') : t('seatMap.full', { count: limit })),
    grades: t('seatMap.grades'),
    price: money,
    left: (seats) => (seats === 0 ? t('seatMap.soldOut') : t('seatMap.left', { count: seats })),
    marks: t('seatMap.marks'),
    mark: {
      held: t('seatMap.mark.held'),
      sold: t('seatMap.mark.sold'),
      chosen: t('seatMap.mark.chosen'),
      blocked: t('seatMap.mark.blocked'),
      mine: t('seatMap.mark.mine'),
    },
  }
}
