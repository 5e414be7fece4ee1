import { expect, test } from '@jest/globals'
import { notePlace, noteSeal, readDrawNote } from './draw-note.ts'

test('the seal that was noted first stays', () => {
  expect(noteSeal(noteSeal({}, 'aa'), 'bb')).toEqual({ commitment: 'aa' })
})

test('a place has its number of before the opening, and the one that the draw gave it', () => {
  const early = notePlace(noteSeal({}, 'aa'), { token: 't', sequence: 3 }, false)
  expect(early).toEqual({ commitment: 'aa', token: 't', entry: 3 })
  // At the opening it has its old number for a moment.
  expect(notePlace(early, { token: 't', sequence: 3 }, true)).toEqual(early)
  expect(notePlace(early, { token: 't', sequence: 17 }, true)).toEqual({ ...early, sequence: 17 })
})

test('another place, and one that came after the opening, has no number of before', () => {
  const early = notePlace(noteSeal({}, 'aa'), { token: 't', sequence: 3 }, false)
  expect(notePlace(early, { token: 'u', sequence: 40 }, true)).toEqual({
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
