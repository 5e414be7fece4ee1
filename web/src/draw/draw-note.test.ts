import { expect, test } from '@jest/globals'
import { notePlace, noteSeal, readDrawNote } from './draw-note.ts'

test('the seal that was noted first stays', () => {
  expect(noteSeal(noteSeal({}, 'aa'), 'bb')).toEqual({ commitment: 'aa' })
})

const noted = notePlace(noteSeal({}, 'aa'), { token: 't', sequence: 3 }, true)

test('a place has its number of before the opening, and the one that the draw gave it', () => {
  expect(noted).toEqual({ commitment: 'aa', token: 't', entry: 3 })
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
    token: 'u',
    sequence: 40,
  })
})

test('what is no note is read as an empty one', () => {
  const note = { commitment: 'aa', token: 't', entry: 3, sequence: 17 }
  expect(readDrawNote(JSON.stringify(note))).toEqual(note)
  for (const text of [null, '', 'null', '7', '{"entry":"3","sequence":0,"token":1}'])
    expect(readDrawNote(text)).toEqual({})
})
