import type { Hall, Stretch } from './hall.ts'
import type { SeatKind } from './seat-layout.ts'

/** How many seats somebody wants, anywhere or of one kind. */
export interface BestAvailableWish extends SeatKind {
  quantity: number
  /** Whether the seats may be apart where they are nowhere side by side. */
  allowSplit?: boolean | undefined
}

/** Free seats side by side in one row. Numbers are ordinals of the hall; ends are exclusive. */
interface FreeRun {
  stretch: Stretch
  freeStart: number
  freeEnd: number
  /** The part of it that is of the wanted grade and price. */
  start: number
  end: number
}

/** Some seats of a free run, side by side, and what speaks against them. */
interface Group {
  stretch: Stretch
  start: number
  size: number
  /** Single seats that would be left with nobody free beside them. */
  orphans: number
  /** Groups of the same size that the run would have room for, and has no more. */
  lostPlaces: number
  /** The square of twice the distance from the middle of the section's front row, in seats. */
  distance: number
}

// A row is as deep as two seats are wide, and distances are counted in half seats.
const ROW_DEPTH = 4

/**
 * Picks free seats; undefined where there are none such. Seats side by side in one row go first, and of those, in this order:
 *
 * 1. what makes the fewest new single seats;
 * 2. what leaves room for as many other groups of the same size in that row;
 * 3. the section that comes first in the schedule;
 * 4. what is nearest to the middle of the section's front row, as the crow flies, a row being as deep as two seats are wide;
 * 5. the front row, and in it the lower number.
 *
 * With `allowSplit`, where they are nowhere side by side: the fewest rows, in the fewest groups; then the fewest single seats left; then by
 * section and distance, summed over the groups.
 *
 * Processes that pick at once would all get the same seats. So `chooseIndex(count)` chooses one of the best groups, of which there are
 * `alternatives` at most and which are equal in 1 and 2; 1 gives the best itself.
 */
export function pickBestAvailable(
  hall: Hall,
  taken: Uint8Array,
  wish: BestAvailableWish,
  alternatives = 1,
  chooseIndex: (count: number) => number = () => 0,
): number[] | undefined {
  const groups = bestGroups(hall, taken, wish, alternatives)
  const group = groups.length === 0 ? undefined : groups[chooseIndex(groups.length)]
  if (group !== undefined) return ordinalsOf(group)
  return wish.allowSplit === true ? pickApart(hall, taken, wish) : undefined
}

/** Whether some seats side by side can be picked without leaving a single one. */
export function canLeaveNoOrphan(hall: Hall, taken: Uint8Array, wish: BestAvailableWish): boolean {
  return bestGroups(hall, taken, wish, 1)[0]?.orphans === 0
}

/** How many of the wanted seats are free, and how many of them lie side by side at most. */
export function countFree(
  hall: Hall,
  taken: Uint8Array,
  wish: BestAvailableWish,
): { available: number; largestGroup: number } {
  let available = 0
  let largestGroup = 0
  for (const stretch of stretchesOf(hall, wish)) {
    for (const { start, end } of freeRunsOf(stretch, taken, hall.isOfGradeAndPrice(wish))) {
      available += end - start
      largestGroup = Math.max(largestGroup, end - start)
    }
  }
  return { available, largestGroup }
}

function stretchesOf(hall: Hall, { section }: BestAvailableWish): readonly Stretch[] {
  return section === undefined
    ? hall.stretches
    : hall.stretches.filter((stretch) => stretch.section === section)
}

function freeRunsOf(stretch: Stretch, taken: Uint8Array, isWanted: (ordinal: number) => boolean): FreeRun[] {
  const runs: FreeRun[] = []
  const last = stretch.firstOrdinal + stretch.length
  for (let freeStart = stretch.firstOrdinal; freeStart < last; freeStart += 1) {
    let freeEnd = freeStart
    while (freeEnd < last && taken[freeEnd] === 0) freeEnd += 1
    for (let start = freeStart; start < freeEnd; start += 1) {
      let end = start
      while (end < freeEnd && isWanted(end)) end += 1
      if (end > start) runs.push({ stretch, freeStart, freeEnd, start, end })
      start = end
    }
    freeStart = freeEnd
  }
  return runs
}

function groupOf(run: FreeRun, start: number, size: number): Group {
  const { stretch } = run
  const before = start - run.freeStart
  const after = run.freeEnd - start - size
  const places = (seats: number): number => Math.floor(seats / size)
  const twiceNumber = 2 * (stretch.firstSeatNumber + start - stretch.firstOrdinal) + size - 1
  return {
    stretch,
    start,
    size,
    orphans: (before === 1 ? 1 : 0) + (after === 1 ? 1 : 0),
    lostPlaces: places(run.end - run.start) - 1 - places(start - run.start) - places(run.end - start - size),
    distance: (twiceNumber - stretch.twiceMiddle) ** 2 + rowDistance(stretch),
  }
}

function rowDistance(stretch: Stretch): number {
  return (ROW_DEPTH * stretch.rowIndex) ** 2
}

function compareClasses(a: Group, b: Group): number {
  return a.orphans - b.orphans || a.lostPlaces - b.lostPlaces
}

function compareGroups(a: Group, b: Group): number {
  return (
    compareClasses(a, b) ||
    a.stretch.sectionIndex - b.stretch.sectionIndex ||
    a.distance - b.distance ||
    a.start - b.start
  )
}

/** The best groups of the best class, best first, `max` at most. */
function bestGroups(hall: Hall, taken: Uint8Array, wish: BestAvailableWish, max: number): Group[] {
  const best: Group[] = []
  const isWanted = hall.isOfGradeAndPrice(wish)
  for (const stretch of stretchesOf(hall, wish)) {
    if (best.length === max && isBeyond(stretch, best.at(-1))) continue
    for (const run of freeRunsOf(stretch, taken, isWanted)) {
      for (let start = run.start; start + wish.quantity <= run.end; start += 1) {
        keepBest(best, groupOf(run, start, wish.quantity), max)
      }
    }
  }
  return best
}

/** Whether no group of the stretch can be better than this one. */
function isBeyond(stretch: Stretch, worst: Group | undefined): boolean {
  if (worst === undefined || worst.orphans > 0 || worst.lostPlaces > 0) return false
  const sections = stretch.sectionIndex - worst.stretch.sectionIndex
  return sections > 0 || (sections === 0 && rowDistance(stretch) > worst.distance)
}

function keepBest(best: Group[], group: Group, max: number): void {
  const [first] = best
  const classes = first === undefined ? 0 : compareClasses(group, first)
  if (classes > 0) return
  if (classes < 0) best.length = 0
  const index = best.findLastIndex((other) => compareGroups(other, group) <= 0) + 1
  if (index >= max) return
  best.splice(index, 0, group)
  if (best.length > max) best.length = max
}

function ordinalsOf({ start, size }: Group): number[] {
  return Array.from({ length: size }, (_, index) => start + index)
}

/** Groups that hold some seats together, and their cost: rows, groups, orphans, sections and distances, the first that differs decides. */
interface Plan {
  cost: readonly number[]
  groups: readonly Group[]
}

const NOTHING: Plan = { cost: [0, 0, 0, 0, 0], groups: [] }

/** By the number of seats: the best plan for them. */
type Plans = (Plan | undefined)[]

/**
 * Seats that are nowhere side by side. Costs are summed, so the best plan for some rows is made of the best plans for fewer of them. One group of a
 * run at most is taken, since two would be more groups and leave no fewer orphans.
 */
function pickApart(hall: Hall, taken: Uint8Array, wish: BestAvailableWish): number[] | undefined {
  const { quantity } = wish
  const isWanted = hall.isOfGradeAndPrice(wish)
  const runs = stretchesOf(hall, wish).flatMap((stretch) => freeRunsOf(stretch, taken, isWanted))
  const rows = Map.groupBy(runs, ({ stretch }) => `${stretch.sectionIndex} ${stretch.rowIndex}`)
  let plans: Plans = [NOTHING]
  for (const ofRow of rows.values()) {
    let inRow: Plans = [NOTHING]
    for (const run of ofRow) inRow = extend(inRow, plansOfRun(run, quantity), quantity)
    const withRow = inRow.map((plan) => plan && { ...plan, cost: plan.cost.with(0, 1) })
    plans = extend(plans, withRow, quantity)
  }
  const groups = plans[quantity]?.groups
  return groups?.flatMap(ordinalsOf).toSorted((a, b) => a - b)
}

function plansOfRun(run: FreeRun, quantity: number): Plans {
  const plans: Plans = [undefined]
  for (let size = 1; size <= Math.min(quantity, run.end - run.start); size += 1) {
    for (let start = run.start; start + size <= run.end; start += 1) {
      const group = groupOf(run, start, size)
      const cost = [0, 1, group.orphans, group.stretch.sectionIndex, group.distance]
      const known = plans[size]
      if (known === undefined || compareCosts(cost, known.cost) < 0) plans[size] = { cost, groups: [group] }
    }
  }
  return plans
}

/** The best of `plans`, alone or together with one of `more`. */
function extend(plans: Plans, more: Plans, quantity: number): Plans {
  const extended = [...plans]
  for (const [seats, plan] of plans.entries()) {
    if (plan === undefined) continue
    for (let size = 1; size < more.length && seats + size <= quantity; size += 1) {
      const added = more[size]
      if (added === undefined) continue
      const cost = plan.cost.map((part, index) => part + (added.cost[index] ?? 0))
      const known = extended[seats + size]
      if (known === undefined || compareCosts(cost, known.cost) < 0) {
        extended[seats + size] = { cost, groups: [...plan.groups, ...added.groups] }
      }
    }
  }
  return extended
}

function compareCosts(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((part, at) => part !== b[at])
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0)
}
