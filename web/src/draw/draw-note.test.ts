import { expect, test } from '@jest/globals'
import { notePlace, noteSeal, readDrawNote, withDrawNote } from './draw-note.ts'

test('the seal that was noted first stays', () => {
  expect(noteSeal(noteSeal({}, 'aa'), 'bb')).toEqual({ commitment: 'aa' })
})

const noted = notePlace(noteSeal({}, 'aa'), { token: 't', sequence: 3 }, true)

test('a place has its number of before the opening, and the one that the draw gave it', () => {
  expect(noted).toEqual({ commitment: 'aa', place: expect.any(String), entry: 3 })
  // At the opening it has its old number for a moment.
  expect(notePlace(noted, { token: 't', sequence: 3 }, false)).toEqual(noted)
  expect(notePlace(noted, { token: 't', sequence: 17 }, false)).toEqual({ ...noted, sequence: 17 })
})

test('the number that the draw gave is none of before, also where it comes while the clock here is behind', () => {
  const drawn = notePlace(noted, { token: 't', sequence: 17 }, true)
  expect(drawn).toEqual({ ...noted, sequence: 17 })
  expect(notePlace(drawn, { token: 't', sequence: 17 }, false)).toEqual({ ...noted, sequence: 17 })
})

test('another place, and one that came after the opening, has no number of before', () => {
  expect(notePlace(noted, { token: 'u', sequence: 40 }, false)).toEqual({
    commitment: 'aa',
    place: expect.not.stringMatching(noted.place ?? ''),
    sequence: 40,
  })
})

const draw = { scheduleId: 7, opensAtMs: 1_000_000 }
const DAY_MS = 86_400_000

test('a note is read back without the token, which would let its reader in', () => {
  const token = 'a-token-that-opens-the-door'
  const note = notePlace({ commitment: 'aa' }, { token, sequence: 3 }, true)
  const text = withDrawNote(null, draw, note, draw.opensAtMs)
  expect(text).not.toContain(token)
  expect(readDrawNote(text, draw)).toEqual(note)
})

test('a note is of one opening, so that a system made anew is not called broken by the notes of the one before', () => {
  const text = withDrawNote(null, draw, noted, draw.opensAtMs)
  expect(readDrawNote(text, { ...draw, opensAtMs: 2_000_000 })).toEqual({})
  expect(readDrawNote(text, { ...draw, scheduleId: 8 })).toEqual({})
})

test('notes go a month after their opening, and there are never more than twenty', () => {
  const later = { scheduleId: 8, opensAtMs: draw.opensAtMs + 31 * DAY_MS }
  const old = withDrawNote(null, draw, noted, draw.opensAtMs)
  expect(readDrawNote(withDrawNote(old, later, {}, draw.opensAtMs + 29 * DAY_MS), draw)).toEqual(noted)
  expect(readDrawNote(withDrawNote(old, later, {}, later.opensAtMs), draw)).toEqual({})
  let text = old
  for (let at = 1; at <= 20; at += 1) {
    text = withDrawNote(text, { scheduleId: 100 + at, opensAtMs: draw.opensAtMs }, {}, draw.opensAtMs)
  }
  expect(JSON.parse(text)).toHaveLength(20)
  expect(readDrawNote(text, draw)).toEqual({})
})

test('what is no note is read as an empty one', () => {
  const kept = { ...draw, note: { commitment: 1, place: 2, entry: '3', sequence: 0 } }
  for (const text of [null, '', 'null', '7', '[7,null]', JSON.stringify([kept])])
    expect(readDrawNote(text, draw)).toEqual({})
})
