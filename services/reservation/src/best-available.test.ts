import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { canLeaveNoOrphan, countFree, pickBestAvailable } from './best-available.ts'
import type { BestAvailableWish } from './best-available.ts'
import { Hall } from './hall.ts'
import { orphansLeftBy } from './orphan-seats.ts'
import type { Seat } from './reservation.ts'
import { SeatLayout } from './seat-layout.ts'

/** A row is written as its seats: `.` is free, `x` is taken, a blank is a gap in the seat numbers. */
interface Row {
  section?: string
  row: string
  grade?: string
  price?: number
  seats: string
}

interface Situation {
  hall: Hall
  taken: Uint8Array
  seats: (Seat & { isFree: boolean })[]
}

function situation(rows: readonly Row[]): Situation {
  const seats = rows.flatMap(({ section = 'A', row, grade = 'R', price = 100, seats: text }) =>
    text
      .split('')
      .flatMap((mark, index) =>
        mark === ' '
          ? []
          : [{ seatNumber: index + 1, section, row, grade, price, isFree: mark === '.', seatId: 0 }],
      ),
  )
  for (const [index, seat] of seats.entries()) seat.seatId = 101 + index
  const runs = seats.map(({ seatId, seatNumber, section, row, grade, price }) => ({
    firstSeatId: seatId,
    firstSeatNumber: seatNumber,
    seatCount: 1,
    section,
    row,
    grade,
    price,
  }))
  const hall = new Hall(new SeatLayout(runs))
  const taken = new Uint8Array(hall.seatCount)
  for (const { seatId, isFree } of seats) if (!isFree) taken[hall.ordinalOf(seatId) ?? -1] = 1
  return { hall, taken, seats }
}

function picked({ hall, taken, seats }: Situation, wish: BestAvailableWish): string[] | undefined {
  const ids = pickBestAvailable(hall, taken, wish)?.map((ordinal) => hall.seatIdAt(ordinal))
  return ids?.map((id) => {
    const seat = seats.find(({ seatId }) => seatId === id)
    return `${seat?.section}${seat?.row}${seat?.seatNumber}`
  })
}

describe('seats side by side', () => {
  test('are those in the middle of the front row first, and then those nearest to it', () => {
    const rows = [
      { row: '1', seats: '..........' },
      { row: '2', seats: '..........' },
    ]
    expect(picked(situation(rows), { quantity: 2 })).toEqual(['A15', 'A16'])
    // Four seats to the side are as far as two rows behind.
    const full = [{ row: '1', seats: '..xxxxxx..' }, ...rows.slice(1)]
    expect(picked(situation(full), { quantity: 2 })).toEqual(['A25', 'A26'])
  })

  test('leave room for other parties of the same size', () => {
    // In the middle, 5 and 6, both sides would have four places for two, and one seat over.
    expect(picked(situation([{ row: '1', seats: '............' }]), { quantity: 2 })).toEqual(['A15', 'A16'])
    let seats = '.'.repeat(20)
    for (let party = 0; party < 10; party += 1) {
      const numbers = picked(situation([{ row: '', seats }]), { quantity: 2 })?.map((name) => +name.slice(1))
      expect(numbers).toHaveLength(2)
      seats = seats
        .split('')
        .map((mark, index) => (numbers?.includes(index + 1) ? 'x' : mark))
        .join('')
    }
    expect(seats).toBe('x'.repeat(20))
  })

  test('leave no seat alone where that can be helped, even if they are farther back', () => {
    const rows = [
      { row: '1', seats: 'xx...xx' },
      { row: '2', seats: 'xxxxxxx' },
      { row: '3', seats: '....xxx' },
    ]
    expect(picked(situation(rows), { quantity: 2 })).toEqual(['A33', 'A34'])
    expect(picked(situation(rows.slice(0, 2)), { quantity: 2 })).toEqual(['A13', 'A14'])
  })

  test('are of the section that comes first, and only of the wanted section and grade', () => {
    const rows = [
      { section: 'Floor', row: '1', seats: '....', grade: 'VIP' },
      { section: 'Floor', row: '2', seats: '....', grade: 'R' },
      { section: 'Loge', row: '1', seats: '....', grade: 'R' },
    ]
    expect(picked(situation(rows), { quantity: 4 })?.[0]).toBe('Floor11')
    expect(picked(situation(rows), { quantity: 4, grade: 'R' })?.[0]).toBe('Floor21')
    expect(picked(situation(rows), { quantity: 4, section: 'Loge' })?.[0]).toBe('Loge11')
    expect(picked(situation(rows), { quantity: 4, section: 'Loge', grade: 'VIP' })).toBeUndefined()
  })

  test('are only those of the wanted price, though others are nearer', () => {
    const rows = [
      { row: '1', seats: '....', price: 50 },
      { row: '2', seats: 'x...', price: 100 },
      { row: '2', seats: '....', price: 50, section: 'B' },
    ]
    const given = situation(rows)
    expect(picked(given, { quantity: 2, price: 100 })).toEqual(['A22', 'A23'])
    expect(picked(given, { quantity: 2, price: 50, section: 'B' })?.[0]).toBe('B21')
    expect(countFree(given.hall, given.taken, { quantity: 4, price: 100 }).available).toBe(3)
    expect(picked(given, { quantity: 4, price: 100 })).toBeUndefined()
  })

  test('are never over a gap in the numbers, nor over the end of a row', () => {
    const rows = [
      { row: '1', seats: '.. ..' },
      { row: '2', seats: '..' },
    ]
    expect(picked(situation(rows), { quantity: 3 })).toBeUndefined()
  })

  test('of several alternatives, which are as harmless, any can be chosen', () => {
    const { hall, taken } = situation([{ row: '1', seats: '......' }])
    const offered = new Set<number>()
    const counts = new Set<number>()
    for (const index of [0, 1, 2]) {
      const choose = (count: number): number => {
        counts.add(count)
        return index
      }
      offered.add(pickBestAvailable(hall, taken, { quantity: 2 }, 16, choose)?.[0] ?? -1)
    }
    expect([[...offered], [...counts]]).toEqual([[2, 0, 4], [3]])
  })
})

describe('seats apart', () => {
  const rows = [
    { row: '1', seats: '..x..' },
    { row: '2', seats: '..x.x' },
    { row: '3', seats: '..xxx' },
  ]

  test('are given only to those who allow it', () => {
    expect(picked(situation(rows), { quantity: 3 })).toBeUndefined()
    expect(countFree(situation(rows).hall, situation(rows).taken, { quantity: 3 })).toEqual({
      available: 9,
      largestGroup: 2,
    })
  })

  test('are in the fewest rows, and leave no seat alone where that can be helped', () => {
    expect(picked(situation(rows), { quantity: 3, allowSplit: true })).toEqual(['A21', 'A22', 'A24'])
    expect(picked(situation(rows), { quantity: 5, allowSplit: true })).toEqual([
      'A11',
      'A12',
      'A14',
      'A15',
      'A24',
    ])
    expect(picked(situation(rows), { quantity: 10, allowSplit: true })).toBeUndefined()
  })
})

// Written without looking at the algorithm: every set of free seats is tried, and judged by the documented order.
describe('compared with all choices there are', () => {
  const sections = fc.constantFrom('A', 'B')
  const hallRows = fc.array(
    fc.record({
      section: sections,
      grade: fc.constantFrom('V', 'R'),
      price: fc.constantFrom(100, 200),
      seats: fc
        .array(fc.constantFrom('.', '.', '.', 'x', ' '), { minLength: 1, maxLength: 7 })
        .map((marks) => marks.join('')),
    }),
    { minLength: 1, maxLength: 3 },
  )
  const wishes = fc.record(
    {
      quantity: fc.integer({ min: 1, max: 4 }),
      grade: fc.constantFrom('V', 'R'),
      section: sections,
      price: fc.constantFrom(100, 200),
      allowSplit: fc.boolean(),
    },
    { requiredKeys: ['quantity'] },
  )
  type Known = Situation['seats'][number]

  const areBeside = (a: Known, b: Known): boolean =>
    a.section === b.section && a.row === b.row && Math.abs(a.seatNumber - b.seatNumber) === 1

  function groupsOf(seats: readonly Known[]): Known[][] {
    const groups: Known[][] = []
    for (const seat of seats) {
      const last = groups.at(-1)
      if (last?.some((other) => areBeside(other, seat))) last.push(seat)
      else groups.push([seat])
    }
    return groups
  }

  function singlesLeft(all: readonly Known[], chosen: readonly Known[]): Known[] {
    const left = all.filter((seat) => seat.isFree && !chosen.includes(seat))
    return left.filter(
      (seat) =>
        chosen.some((other) => areBeside(other, seat)) && !left.some((other) => areBeside(other, seat)),
    )
  }

  /** How many parties the free seats that are wanted have room for, besides each other. */
  function places(seats: readonly Known[], quantity: number): number {
    return groupsOf(seats).reduce((sum, group) => sum + Math.floor(group.length / quantity), 0)
  }

  function costOf(all: readonly Known[], wanted: readonly Known[], chosen: readonly Known[]): number[] {
    const sectionNames = [...new Set(all.map(({ section }) => section))]
    const groups = groupsOf(chosen)
    const distances = groups.map((group) => {
      const [first] = group
      const ofSection = all.filter(({ section }) => section === first?.section)
      const rowNames = [...new Set(ofSection.map(({ row }) => row))]
      const numbers = ofSection.filter(({ row }) => row === first?.row).map(({ seatNumber }) => seatNumber)
      const middle = (Math.min(...numbers) + Math.max(...numbers)) / 2
      const centre = group.reduce((sum, { seatNumber }) => sum + seatNumber, 0) / group.length
      return 4 * (centre - middle) ** 2 + 16 * rowNames.indexOf(first?.row ?? '') ** 2
    })
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
    const left = wanted.filter((seat) => !chosen.includes(seat))
    const lost = places(wanted, chosen.length) - 1 - places(left, chosen.length)
    return [
      new Set(chosen.map(({ section, row }) => `${section} ${row}`)).size,
      groups.length,
      singlesLeft(all, chosen).length,
      groups.length === 1 ? lost : 0,
      sum(groups.map(([first]) => sectionNames.indexOf(first?.section ?? ''))),
      sum(distances),
    ]
  }

  function choices(seats: readonly Known[], quantity: number): Known[][] {
    if (quantity === 0) return [[]]
    return seats.flatMap((seat, index) =>
      choices(seats.slice(index + 1), quantity - 1).map((more) => [seat, ...more]),
    )
  }

  const compare = (a: readonly number[], b: readonly number[]): number => {
    const at = a.findIndex((part, index) => part !== b[index])
    return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
  }

  function choicesFor({ seats }: Situation, wish: BestAvailableWish) {
    const wanted = seats.filter(
      (seat) =>
        seat.isFree &&
        (wish.grade === undefined || seat.grade === wish.grade) &&
        (wish.price === undefined || seat.price === wish.price) &&
        (wish.section === undefined || seat.section === wish.section),
    )
    const all = choices(wanted, wish.quantity).map((chosen) => ({
      chosen,
      cost: costOf(seats, wanted, chosen),
    }))
    const allowed = all.filter(({ cost }) => wish.allowSplit === true || (cost[0] === 1 && cost[1] === 1))
    return { allowed, costOf: (chosen: readonly Known[]) => costOf(seats, wanted, chosen) }
  }

  const named = (rows: readonly Omit<Row, 'row'>[]): Row[] =>
    rows.map((row, index) => ({ ...row, row: String(index) }))

  test('nothing better could be picked, and nothing is picked only where nothing could be', () => {
    fc.assert(
      fc.property(hallRows, wishes, (rows, wish) => {
        const given = situation(named(rows))
        const ordinals = pickBestAvailable(given.hall, given.taken, wish)
        const { allowed, costOf: cost } = choicesFor(given, wish)
        const best = allowed.map((choice) => choice.cost).toSorted(compare)[0]
        if (ordinals === undefined) return expect(best).toBeUndefined()
        const ids = ordinals.map((ordinal) => given.hall.seatIdAt(ordinal))
        const chosen = given.seats.filter(({ seatId }) => ids.includes(seatId))
        expect(chosen).toHaveLength(wish.quantity)
        for (const seat of chosen) {
          expect(seat).toMatchObject({
            isFree: true,
            ...(wish.grade === undefined ? {} : { grade: wish.grade }),
            ...(wish.section === undefined ? {} : { section: wish.section }),
            ...(wish.price === undefined ? {} : { price: wish.price }),
          })
        }
        if (wish.allowSplit !== true) expect(groupsOf(chosen)).toHaveLength(1)
        expect(cost(chosen)).toEqual(best)
      }),
      { numRuns: 2_000 },
    )
  })

  test('a choice is an orphan-maker only where it leaves a single seat and another choice would not', () => {
    fc.assert(
      fc.property(
        hallRows,
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat()),
        (rows, quantity, picks) => {
          const given = situation(named(rows))
          const free = given.seats.filter(({ isFree }) => isFree)
          fc.pre(free.length >= quantity)
          const possible = choices(free, quantity)
          const chosen = possible[(picks.next().value ?? 0) % possible.length] ?? []
          const ordinals = chosen.map(({ seatId }) => given.hall.ordinalOf(seatId) ?? -1)
          const orphans = orphansLeftBy(given.hall, given.taken, ordinals)
          const ofGrade = chosen.flatMap(({ grade }) => choicesFor(given, { quantity, grade }).allowed)
          const isAvoidable = ofGrade.some(({ cost }) => cost[2] === 0)
          const expected = isAvoidable ? singlesLeft(given.seats, chosen).map(({ seatId }) => seatId) : []
          expect(orphans.map((ordinal) => given.hall.seatIdAt(ordinal)).toSorted((a, b) => a - b)).toEqual(
            expected,
          )
        },
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('orphans', () => {
  const orphans = (row: string, numbers: readonly number[], others: readonly Row[] = []) => {
    const { hall, taken } = situation([{ row: '1', seats: row }, ...others])
    const ordinals = numbers.map((number) => hall.ordinalOf(100 + number) ?? -1)
    return orphansLeftBy(hall, taken, ordinals).map((ordinal) => hall.seatIdAt(ordinal) - 100)
  }

  test.each<[string, string, number[], number[]]>([
    ['between a taken seat and the choice', 'x.....', [3, 4], [2]],
    ['between two seats of the choice', '.....x', [2, 4], [1, 3, 5]],
    ['at the end of a row, whose end counts as taken', '......', [2, 3], [1]],
    ['none where two stay together', '......', [3, 4], []],
    ['none where the seat was single before', 'x.x....', [4, 5], []],
    ['none where the choice is taken, which is another refusal', 'x.x....', [1, 5], []],
  ])('%s', (_name, row, numbers, expected) => {
    expect(orphans(row, numbers)).toEqual(expected)
  })

  test('are allowed where no choice of as many seats can help it', () => {
    expect(orphans('...', [1, 2])).toEqual([])
    expect(orphans('...', [1, 2], [{ row: '2', seats: '....' }])).toEqual([3])
    // Seats of another grade are no help.
    expect(orphans('...', [1, 2], [{ row: '2', seats: '....', grade: 'VIP' }])).toEqual([])
    const { hall, taken } = situation([{ row: '1', seats: '...' }])
    expect(canLeaveNoOrphan(hall, taken, { quantity: 2 })).toBe(false)
    expect(canLeaveNoOrphan(hall, taken, { quantity: 3 })).toBe(true)
  })
})
