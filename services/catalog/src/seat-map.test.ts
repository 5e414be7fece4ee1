import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SeatMap } from './seat-map.ts'
import type { SeatState } from './seat-map.ts'
import type { SharedBody } from './shared-body.ts'

const seats = Array.from({ length: 20 }, (_, index) => ({
  seatId: index + 1,
  seatNumber: index + 1,
  section: 'Floor "A"',
  row: 'A',
  grade: index < 5 ? 'VIP' : 'R',
  price: 1_000,
}))
const heading = { scheduleInfo: '{"scheduleId":1}', layoutEndpoint: '/seats/layout/x' }

async function read(body: SharedBody) {
  return JSON.parse((await body.in('identity')).toString()).data
}

async function shown(map: SeatMap, filter = {}): Promise<SeatState[]> {
  return (await read(map.full(heading, filter))).seats
}

function statesOf(map: SeatMap): SeatState[] {
  return seats
    .flatMap(({ seatId }) => map.seat(seatId) ?? [])
    .map(({ seatId, status }) => ({ seatId, status }))
}

describe('what a map shows', () => {
  test('every seat is available until it is taken', async () => {
    const map = new SeatMap(seats)
    expect(await shown(map)).toEqual(seats.map((seat) => ({ ...seat, status: 'AVAILABLE' })))
    map.update({ heldSeatIds: [2], soldSeatIds: [20], blockedSeatIds: [] }, 1)
    expect(map.availableCount).toBe(18)
    expect((await shown(map))[1]?.status).toBe('HOLD')
    expect((await shown(map))[19]?.status).toBe('SOLD_OUT')
  })

  test('filters by status and grade', async () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [1], soldSeatIds: [6], blockedSeatIds: [] }, 1)
    const ids = async (filter: object) => (await shown(map, filter)).map(({ seatId }) => seatId)
    expect(await ids({ grade: 'VIP', status: 'AVAILABLE' })).toEqual([2, 3, 4, 5])
    expect(await ids({ status: 'SOLD_OUT' })).toEqual([6])
    expect(await ids({ grade: 'none such' })).toEqual([])
  })

  test('what is shown of one filter is not shown of another, nor in the compact form', async () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [1], soldSeatIds: [6], blockedSeatIds: [] }, 1)
    const ids = async (filter: object) => (await shown(map, filter)).map(({ seatId }) => seatId)
    for (let round = 0; round < 2; round += 1) {
      expect([await ids({ status: 'HOLD' }), await ids({ status: 'SOLD_OUT' })]).toEqual([[1], [6]])
      expect([(await ids({ grade: 'VIP' })).length, (await ids({ grade: 'R' })).length]).toEqual([5, 15])
      expect((await ids({})).length).toBe(20)
      expect((await read(map.compact(heading))).states).toHaveLength(20)
    }
  })

  test('the compact form has a letter a seat, in the order of the layout', async () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [1, 3], soldSeatIds: [2, 20], blockedSeatIds: [] }, 1)
    expect(await read(map.compact(heading))).toEqual({
      scheduleInfo: { scheduleId: 1 },
      layoutEndpoint: '/seats/layout/x',
      states: 'HSHAAAAAAAAAAAAAAAAS',
    })
  })

  test('the layout is the seats without their states; other prices are another version', async () => {
    const map = new SeatMap(seats)
    expect((await read(map.layout())).seats).toEqual(seats)
    const before = map.layoutVersion
    map.update({ heldSeatIds: [1], soldSeatIds: [], blockedSeatIds: [] }, 1)
    expect([map.layoutVersion, map.layout()]).toEqual([before, map.layout()])
    expect(new SeatMap(seats).layoutVersion).toBe(before)
    expect(new SeatMap(seats.map((seat) => ({ ...seat, price: 2_000 }))).layoutVersion).not.toBe(before)
  })

  test('a layout from before rows were added is answered by its version, with the seats of then', async () => {
    const rows = (count: number) =>
      Array.from({ length: count * 3 }, (_, index) => ({
        seatId: index + 1,
        seatNumber: (index % 3) + 1,
        section: index < 6 ? 'Floor' : 'Balcony',
        row: index < 3 ? 'A' : 'B',
        grade: 'R',
        price: 1_000,
      }))
    const now = new SeatMap(rows(4))
    for (const count of [1, 2, 4]) {
      const then = new SeatMap(rows(count))
      const layout = now.layoutOf(then.layoutVersion)
      expect(layout?.tag).toBe(then.layout().tag)
      expect(now.layoutOf(then.layoutVersion)).toBe(layout)
    }
    expect(now.layoutOf(new SeatMap(rows(5)).layoutVersion)).toBeUndefined()
    // A row is never made in two steps.
    expect(now.layoutOf(new SeatMap(rows(2).slice(0, 5)).layoutVersion)).toBeUndefined()
  })

  test('one seat is shown with its state, and none that is not there', () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [], soldSeatIds: [7], blockedSeatIds: [] }, 1)
    expect(map.seat(7)).toEqual({ ...seats[6], status: 'SOLD_OUT' })
    expect([map.seat(0), map.seat(21)]).toEqual([undefined, undefined])
  })
})

describe('everybody gets the same bytes', () => {
  test('until a seat or the schedule changes, in every coding', async () => {
    const map = new SeatMap(seats)
    const first = map.full(heading, {})
    map.update({ heldSeatIds: [], soldSeatIds: [], blockedSeatIds: [] }, 1)
    expect(map.full(heading, {})).toBe(first)
    for (const coding of ['identity', 'gzip', 'br'] as const) {
      expect(await map.full(heading, {}).in(coding)).toBe(await first.in(coding))
    }
    map.update({ heldSeatIds: [3], soldSeatIds: [], blockedSeatIds: [] }, 2)
    expect(map.full(heading, {}).tag).not.toBe(first.tag)
    map.update({ heldSeatIds: [], soldSeatIds: [], blockedSeatIds: [] }, 3)
    expect(map.full(heading, {}).tag).toBe(first.tag)
    expect(map.full({ ...heading, scheduleInfo: '{"status":"CLOSED"}' }, {}).tag).not.toBe(first.tag)
  })

  test('grades that a client makes up do not push the known answers out', () => {
    const map = new SeatMap(seats)
    const first = map.full(heading, {})
    for (let grade = 0; grade < 20; grade += 1) map.full(heading, { grade: `none ${grade}` })
    expect(map.full(heading, {})).toBe(first)
  })
})

describe('which list of taken seats counts', () => {
  test('one that was asked for earlier does not undo a newer one', async () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [3], soldSeatIds: [], blockedSeatIds: [] }, 2)
    map.update({ heldSeatIds: [], soldSeatIds: [], blockedSeatIds: [] }, 1)
    expect(map.seat(3)?.status).toBe('HOLD')
  })

  test('of two that were asked for in one millisecond the later answer', async () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [3], soldSeatIds: [], blockedSeatIds: [] }, 2)
    map.update({ heldSeatIds: [], soldSeatIds: [3], blockedSeatIds: [] }, 2)
    expect(map.seat(3)?.status).toBe('SOLD_OUT')
  })
})

describe('changes since a state', () => {
  test('are of the seats that changed, as they are now', () => {
    const map = new SeatMap(seats)
    map.update({ heldSeatIds: [3, 4], soldSeatIds: [5], blockedSeatIds: [] }, 1)
    const known = map.stateId
    expect(map.changesSince(known)).toEqual([])
    map.update({ heldSeatIds: [3, 9], soldSeatIds: [4, 5], blockedSeatIds: [] }, 2)
    map.update({ heldSeatIds: [3], soldSeatIds: [4, 5, 9], blockedSeatIds: [] }, 3)
    expect(map.changesSince(known)).toEqual([
      { seatId: 4, status: 'SOLD_OUT' },
      { seatId: 9, status: 'SOLD_OUT' },
    ])
    expect(map.changesSince('nothing of ours')).toBeUndefined()
  })

  test('are known to another instance that saw the same states', () => {
    const [one, other] = [new SeatMap(seats), new SeatMap(seats)]
    for (const map of [one, other]) map.update({ heldSeatIds: [3], soldSeatIds: [], blockedSeatIds: [] }, 1)
    other.update({ heldSeatIds: [], soldSeatIds: [], blockedSeatIds: [] }, 2)
    expect(other.changesSince(one.stateId)).toEqual([{ seatId: 3, status: 'AVAILABLE' }])
  })

  test('are forgotten when more changed than there are seats', () => {
    const map = new SeatMap(seats)
    const ids: string[] = []
    for (let step = 1; step <= 30; step += 1) {
      ids.push(map.stateId)
      const soldSeatIds = seats.map(({ seatId }) => seatId).slice(0, Math.max(0, step - 20))
      map.update({ heldSeatIds: step > 20 ? [] : [step], soldSeatIds, blockedSeatIds: [] }, step)
    }
    expect([ids[0], ids[1]].map((id) => map.changesSince(id ?? ''))).toEqual([undefined, undefined])
    expect(map.changesSince(ids.at(-1) ?? '')).toHaveLength(1)
  })

  test('turn any known state into the present one', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 20 }))
    const steps = fc.array(fc.tuple(ids, ids), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(steps, (taken) => {
        const map = new SeatMap(seats)
        const seen = [{ id: map.stateId, states: statesOf(map) }]
        for (const [index, [heldSeatIds, soldSeatIds]] of taken.entries()) {
          map.update({ heldSeatIds, soldSeatIds, blockedSeatIds: [] }, index)
          seen.push({ id: map.stateId, states: statesOf(map) })
        }
        for (const { id, states } of seen) {
          const changed = new Map(map.changesSince(id)?.map((seat) => [seat.seatId, seat]))
          const isKnown = map.changesSince(id) !== undefined
          const now = isKnown ? states.map((seat) => changed.get(seat.seatId) ?? seat) : statesOf(map)
          expect(now).toEqual(statesOf(map))
        }
      }),
    )
  })
})
