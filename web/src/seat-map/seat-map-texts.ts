import type { LayoutSeat } from './plan-seats.ts'
import type { Mark } from './seat-marks.ts'

/** A mark that a legend explains apart; free seats are explained with their grades. */
export type LegendMark = Exclude<Mark, 'free'>

/** The sentences of a seat map, in the person's language. */
export interface SeatMapTexts {
  /** What the picture is, and which keys move in it. */
  map: string
  /** Shown while no seat is pointed at: how to choose. */
  hint: string
  stage: string
  zoomIn: string
  zoomOut: string
  showAll: string
  /** Where a seat is, what it costs and whether it can be had. */
  seat: (seat: LayoutSeat, mark: Mark) => string
  /** That no more than so many can be chosen. */
  full: (limit: number) => string
  /** Names the list of grades. */
  grades: string
  price: (price: number) => string
  /** So many seats left; 0 is sold out. */
  left: (count: number) => string
  /** Names the list of marks. */
  marks: string
  mark: Readonly<Record<LegendMark, string>>
}
