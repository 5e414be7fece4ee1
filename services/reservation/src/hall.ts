import type { SeatRun__Output as SeatRun } from '@frontrow/proto/gen/frontrow/catalog/v1/SeatRun'
import { isOfKind } from './seat-layout.ts'
import type { SeatKind, SeatLayout } from './seat-layout.ts'

/** Seats of one row whose numbers follow each other without a gap: who sits on one of them has a neighbour on the next. */
export interface Stretch {
  /** The section's place among the sections, in the order in which the schedule was made with them. */
  sectionIndex: number
  section: string
  /** The row's place in its section, from the front. */
  rowIndex: number
  /** First and last seat number of the whole row, added: twice the number of its middle. */
  twiceMiddle: number
  firstOrdinal: number
  firstSeatNumber: number
  length: number
}

/**
 * The seats of a schedule by what is beside what. Each seat has an ordinal from 0 up, and seats of a stretch have ordinals that follow each
 * other, so that who has which seat is one byte a seat. It takes 10 bytes a seat and is made of a layout in a few ms.
 */
export class Hall {
  readonly layout: SeatLayout
  /** From the best section and its front row to the last. */
  readonly stretches: readonly Stretch[]
  readonly #seatIds: Float64Array
  /** By the ordinal of a seat: the index of its grade and price in `#kinds`. */
  readonly #kindIndexes: Uint16Array
  readonly #kinds: { grade: string; price: number }[] = []
  /** By the index of a run in the layout: the ordinal of its first seat. */
  readonly #ordinalsOfRuns: number[] = []

  constructor(layout: SeatLayout) {
    this.layout = layout
    const seatCount = layout.runs.reduce((sum, run) => sum + run.seatCount, 0)
    this.#seatIds = new Float64Array(seatCount)
    this.#kindIndexes = new Uint16Array(seatCount)
    const indexed = layout.runs.map((run, index) => ({ run, index }))
    const sections = [...Map.groupBy(indexed, ({ run }) => run.section).values()]
    let ordinal = 0
    this.stretches = sections.flatMap((ofSection, sectionIndex) => {
      const rows = [...Map.groupBy(ofSection, ({ run }) => run.row).values()]
      return rows.flatMap((row, rowIndex) => {
        const stretches = this.#layOutRow(row, { sectionIndex, rowIndex }, ordinal)
        ordinal += row.reduce((sum, { run }) => sum + run.seatCount, 0)
        return stretches
      })
    })
  }

  #layOutRow(
    row: { run: SeatRun; index: number }[],
    place: Pick<Stretch, 'sectionIndex' | 'rowIndex'>,
    firstOrdinal: number,
  ): Stretch[] {
    row.sort((a, b) => a.run.firstSeatNumber - b.run.firstSeatNumber)
    const firstNumber = Math.min(...row.map(({ run }) => run.firstSeatNumber))
    const lastNumber = Math.max(...row.map(({ run }) => run.firstSeatNumber + run.seatCount - 1))
    const stretches: Stretch[] = []
    let ordinal = firstOrdinal
    for (const { run, index } of row) {
      const { section, firstSeatNumber, seatCount, firstSeatId } = run
      const before = stretches.at(-1)
      if (before !== undefined && before.firstSeatNumber + before.length === firstSeatNumber) {
        before.length += seatCount
      } else {
        const twiceMiddle = firstNumber + lastNumber
        const length = seatCount
        stretches.push({ ...place, section, twiceMiddle, firstOrdinal: ordinal, firstSeatNumber, length })
      }
      this.#ordinalsOfRuns[index] = ordinal
      this.#kindIndexes.fill(this.#kindIndexFor(run), ordinal, ordinal + seatCount)
      for (let n = 0; n < seatCount; n += 1) this.#seatIds[ordinal + n] = firstSeatId + n
      ordinal += seatCount
    }
    return stretches
  }

  get seatCount(): number {
    return this.#seatIds.length
  }

  seatIdAt(ordinal: number): number {
    const seatId = this.#seatIds[ordinal]
    if (seatId === undefined) throw new Error(`the hall has no ordinal ${ordinal}`)
    return seatId
  }

  /** Undefined where the schedule has no such seat. */
  ordinalOf(seatId: number): number | undefined {
    const index = this.layout.runIndexOf(seatId)
    const run = index === undefined ? undefined : this.layout.runs[index]
    const first = index === undefined ? undefined : this.#ordinalsOfRuns[index]
    return run === undefined || first === undefined ? undefined : first + seatId - run.firstSeatId
  }

  /** The stretch that an ordinal is in. */
  stretchAt(ordinal: number): Stretch {
    const index = this.stretches.findLastIndex((stretch) => stretch.firstOrdinal <= ordinal)
    const stretch = this.stretches[index]
    if (stretch === undefined) throw new Error(`the hall has no ordinal ${ordinal}`)
    return stretch
  }

  /** Whether the seat at an ordinal is of this kind. */
  isOf(kind: SeatKind): (ordinal: number) => boolean {
    const { section } = kind
    const isWanted = this.isOfGradeAndPrice(kind)
    return (ordinal) =>
      isWanted(ordinal) && (section === undefined || this.stretchAt(ordinal).section === section)
  }

  /** Whether the seat at an ordinal is of the grade and the price of a kind, whatever its section. */
  isOfGradeAndPrice({ grade, price }: SeatKind): (ordinal: number) => boolean {
    if (grade === undefined && price === undefined) return () => true
    const wanted = this.#kinds.map((kind) => isOfKind(kind, { grade, price }))
    return (ordinal) => wanted[this.#kindIndexes[ordinal] ?? 0] === true
  }

  #kindIndexFor({ grade, price }: SeatRun): number {
    const known = this.#kinds.findIndex((kind) => kind.grade === grade && kind.price === price)
    return known === -1 ? this.#kinds.push({ grade, price }) - 1 : known
  }
}
