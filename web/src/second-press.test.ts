import { expect, test } from '@jest/globals'
import { isHeldEnter, isSecondPress } from './second-press.ts'

test('the second click of a double click does nothing, also where the answer came between the two; a later one does', () => {
  expect(isSecondPress(undefined, 10)).toBe(false)
  expect(isSecondPress(1_000, 1_020)).toBe(true)
  expect(isSecondPress(1_000, 1_499)).toBe(true)
  expect(isSecondPress(1_000, 1_500)).toBe(false)
})

test('Enter that is held down presses once, and makes lines in a text', () => {
  expect(isHeldEnter({ key: 'Enter', repeat: false, tagName: 'BUTTON' })).toBe(false)
  expect(isHeldEnter({ key: 'Enter', repeat: true, tagName: 'BUTTON' })).toBe(true)
  expect(isHeldEnter({ key: 'Enter', repeat: true, tagName: 'INPUT' })).toBe(true)
  expect(isHeldEnter({ key: 'Enter', repeat: true, tagName: 'TEXTAREA' })).toBe(false)
  expect(isHeldEnter({ key: 'ArrowLeft', repeat: true, tagName: 'DIV' })).toBe(false)
})
