/** What the API's layout says of a seat. */
export interface LayoutSeat {
  seatId: number
  seatNumber: number
  section: string
  row: string
  grade: string
  price: number
}

/** A seat with its place on the plan. Lengths of a plan are in seats: neighbours of a row are 1 apart. */
export interface PlacedSeat extends LayoutSeat {
  /** Its place in the layout, and so of its letter in the states. */
  index: number
  /** The middle of the seat. */
  x: number
  y: number
  /** Its place in `offers`. */
  offer: number
}

/** What is sold at one price under one name. */
export interface Offer {
  grade: string
  price: number
}

/** Words at a place of the plan, `x` and `y` being their middle. */
interface PlanLabel {
  text: string
  x: number
  y: number
}

/** A schedule's seats as they are drawn: the stage on top, sections in front of it. */
export interface SeatPlan {
  width: number
  height: number
  seats: readonly PlacedSeat[]
  offers: readonly Offer[]
  /** Names of sections. `width` is that of the section, which the name should not exceed. */
  sections: readonly (PlanLabel & { width: number })[]
  /** Names of rows, at both of their ends. */
  rows: readonly PlanLabel[]
  stage: { x: number; y: number; width: number; height: number }
}

/** How far the middle of a seat is from its edge. */
export const SEAT_HALF = 0.4

const EDGE = 1
const STAGE_HEIGHT = 1.6
const BEHIND_STAGE = 1.4
const NAME_HEIGHT = 2
const ROW_NAME_WIDTH = 1.3
const AISLE = 1.2
const BETWEEN_TIERS = 1
const BEND_MAX = 3
const BEND_SHARE = 0.05
/** Screens are wider than high, and phones show a part at a time. */
const ASPECT_WANTED = 1.4
/** A plan that is narrower than this is a thread on a screen: then grades share tiers. */
const ASPECT_MIN = 0.4
const SHELVES_TRIED = 12

interface Section {
  name: string
  grade: string
  rows: { name: string; seats: Indexed[] }[]
  width: number
  height: number
}
type Indexed = LayoutSeat & { index: number }
type Tier = readonly Section[]

/**
 * Gives each seat a place. The API knows sections, rows and numbers and no coordinates, so this is a scheme of the hall and not its
 * measured plan: tiers of sections in the order of the layout, one grade a tier, rows bent around the stage.
 */
export function planSeats(layout: readonly LayoutSeat[]): SeatPlan {
  const sections = readSections(layout)
  const tiers = chooseTiers(sections)
  const width = widthOf(tiers) + 2 * EDGE
  const depth = Math.min(BEND_MAX, width * BEND_SHARE)
  const bend = (x: number): number => depth * (1 - ((2 * x) / width - 1) ** 2)
  const offers = readOffers(layout)
  const offerAt = new Map(offers.map((offer, at) => [offerKey(offer), at]))
  const seats: PlacedSeat[] = []
  const names: (PlanLabel & { width: number })[] = []
  const rowNames: PlanLabel[] = []
  let top = EDGE + STAGE_HEIGHT + BEHIND_STAGE
  for (const tier of tiers) {
    let left = (width - widthOf([tier])) / 2
    for (const section of tier) {
      const middle = left + section.width / 2
      names.push({
        text: section.name,
        x: middle,
        y: top + NAME_HEIGHT / 2 + bend(middle),
        width: section.width,
      })
      section.rows.forEach((row, at) => {
        const y = top + NAME_HEIGHT + at + 0.5
        const first = middle - (row.seats.length - 1) / 2
        row.seats.forEach((seat, place) => {
          const x = first + place
          seats.push({ ...seat, x, y: y + bend(x), offer: offerAt.get(offerKey(seat)) ?? 0 })
        })
        const last = first + row.seats.length - 1
        // A name is as high as the seat beside it, and not as the bent line would be there.
        rowNames.push(
          { text: row.name, x: first - ROW_NAME_WIDTH, y: y + bend(first) },
          { text: row.name, x: last + ROW_NAME_WIDTH, y: y + bend(last) },
        )
      })
      left += section.width + AISLE
    }
    top += heightOf(tier) + BETWEEN_TIERS
  }
  seats.sort((a, b) => a.index - b.index)
  const stageWidth = Math.max(6, width * 0.4)
  return {
    width,
    height: top - BETWEEN_TIERS + depth + EDGE,
    seats,
    offers,
    sections: names,
    rows: rowNames,
    stage: { x: (width - stageWidth) / 2, y: EDGE, width: stageWidth, height: STAGE_HEIGHT },
  }
}

function readSections(layout: readonly LayoutSeat[]): Section[] {
  const sections = new Map<string, Map<string, Indexed[]>>()
  layout.forEach((seat, index) => {
    const rows = sections.get(seat.section) ?? new Map<string, Indexed[]>()
    sections.set(seat.section, rows)
    const row = rows.get(seat.row) ?? []
    rows.set(seat.row, row)
    row.push({ ...seat, index })
  })
  return [...sections].map(([name, rows]) => {
    const all = [...rows].map(([row, seats]) => ({
      name: row,
      seats: seats.sort((a, b) => a.seatNumber - b.seatNumber),
    }))
    return {
      name,
      grade: all[0]?.seats[0]?.grade ?? '',
      rows: all,
      width: Math.max(...all.map(({ seats }) => seats.length)) + 2 * ROW_NAME_WIDTH,
      height: NAME_HEIGHT + all.length,
    }
  })
}

function readOffers(layout: readonly LayoutSeat[]): Offer[] {
  return [
    ...new Map(layout.map(({ grade, price }) => [offerKey({ grade, price }), { grade, price }])).values(),
  ]
}

function offerKey({ grade, price }: Offer): string {
  return `${price} ${grade}`
}

/** Tiers whose outline is nearest to that of a screen. */
function chooseTiers(sections: readonly Section[]): Tier[] {
  const apart = nearestToScreen(runsOfOneGrade(sections))
  return aspectOf(apart) < ASPECT_MIN ? nearestToScreen([sections]) : apart
}

function nearestToScreen(runs: readonly Tier[]): Tier[] {
  const widest = widthOf(runs)
  let best: Tier[] = []
  for (let shelves = 1; shelves <= SHELVES_TRIED; shelves++) {
    const tiers = runs.flatMap((run) => splitEvenly(run, Math.ceil((widthOf([run]) * shelves) / widest)))
    if (best.length === 0 || distanceFromScreen(tiers) < distanceFromScreen(best)) best = tiers
  }
  return best
}

function distanceFromScreen(tiers: readonly Tier[]): number {
  return Math.abs(Math.log(aspectOf(tiers) / ASPECT_WANTED))
}

function runsOfOneGrade(sections: readonly Section[]): Section[][] {
  const runs: Section[][] = []
  for (const section of sections) {
    const last = runs.at(-1)
    if (last?.[0]?.grade === section.grade) last.push(section)
    else runs.push([section])
  }
  return runs
}

function splitEvenly(run: Tier, parts: number): Tier[] {
  const size = Math.ceil(run.length / Math.min(parts, run.length))
  return Array.from({ length: Math.ceil(run.length / size) }, (_, at) =>
    run.slice(at * size, (at + 1) * size),
  )
}

function widthOf(tiers: readonly Tier[]): number {
  return tiers.reduce((widest, tier) => {
    const own = tier.reduce((sum, { width }) => sum + width, AISLE * (tier.length - 1))
    return Math.max(widest, own)
  }, 0)
}

function heightOf(tier: Tier): number {
  return tier.reduce((highest, { height }) => Math.max(highest, height), 0)
}

function aspectOf(tiers: readonly Tier[]): number {
  const height = tiers.reduce(
    (sum, tier) => sum + heightOf(tier) + BETWEEN_TIERS,
    STAGE_HEIGHT + BEHIND_STAGE,
  )
  return widthOf(tiers) / height
}
