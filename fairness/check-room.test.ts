import { expect, test } from '@jest/globals'
import { checkRoom } from './check-room.ts'
import type { RoomReading } from './read-room.ts'

const reading: RoomReading = {
  published: {
    commitment: 'ab',
    seed: null,
    draw: null,
    log: { length: 0, head: 'cd' },
    rules: { showUpMs: 90_000, activeMaxMs: 900_000 },
    entries: [],
    nextFrom: null,
  },
  admissions: [],
  ends: [],
  logChecks: [{ name: 'the log', outcome: 'holds', lines: [] }],
}
const names = (entry: { entry: number; sequence: number | undefined } | undefined) =>
  checkRoom(reading, { scheduleId: 7, commitment: undefined, entry }).map(({ name }) => name)

test('a room is checked in the order of the page, and an entry where one is named', () => {
  const all = [
    'the seed is the one committed to',
    'the commitment is the one noted before the opening',
    'the log',
    'no sequence is admitted twice',
    'nobody is admitted by an entry number, past the draw',
    'nobody was passed over',
    'never more in than maxActive',
    'never faster than admitPerSecond',
    'every end is the only one of an admission before it',
    'no end came early',
    'everybody was allowed the same time',
  ]
  expect(names(undefined)).toStrictEqual(all)
  expect(names({ entry: 3, sequence: undefined })).toEqual([
    ...all,
    'entry 3 has the place that the draw gave it',
  ])
})
