import { expect, test } from '@jest/globals'
import { inkOn, linear, lookOfOffer, luminance, palettes } from './palette.ts'

/** What a colour is to the eye, as light: Machado, Oliveira and Fernandes 2009, full deficiency. */
const eyes: Record<string, number[][]> = {
  'all three cones': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'no red cones': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'no green cones': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'no blue cones': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}

function weigh(rows: number[][], values: number[]): number[] {
  return rows.map((row) => row.reduce((sum, weight, at) => sum + weight * (values[at] ?? 0), 0))
}

/** CIE L*a*b*, in which equal distances look equally far apart. */
function toLab(light: number[]): number[] {
  const [x = 0, y = 0, z = 0] = weigh(
    [
      [0.4339, 0.3762, 0.1899],
      [0.2126, 0.7152, 0.0722],
      [0.0177, 0.1095, 0.8728],
    ],
    light.map((part) => Math.min(1, Math.max(0, part))),
  ).map((part) => (part > 0.008856 ? Math.cbrt(part) : 7.787 * part + 16 / 116))
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

const themes = Object.entries(palettes)

test.each(themes.flatMap(([theme, { offers }]) => Object.keys(eyes).map((eye) => ({ theme, eye, offers }))))(
  'grades are told apart by their colours in the $theme theme with $eye',
  ({ eye, offers }) => {
    const labs = offers.map((colour) => toLab(weigh(eyes[eye] ?? [], linear(colour))))
    // 2.3 is a difference that is just seen side by side; seats of a grade are small and far from their legend.
    for (const [at, one] of labs.entries()) {
      for (const other of labs.slice(at + 1)) {
        expect(Math.hypot(...one.map((part, axis) => part - (other[axis] ?? 0)))).toBeGreaterThan(25)
      }
    }
  },
)

test.each(themes)(
  'seats stand out from the page, and numbers from their seats, in the %s theme',
  (_theme, palette) => {
    for (const colour of palette.offers) {
      expect(contrast(colour, palette.page)).toBeGreaterThanOrEqual(3)
      expect(contrast(colour, inkOn(colour))).toBeGreaterThanOrEqual(4.5)
    }
    expect(contrast(palette.held, palette.page)).toBeGreaterThanOrEqual(3)
    for (const words of [palette.text, palette.quiet])
      expect(contrast(words, palette.page)).toBeGreaterThanOrEqual(4.5)
  },
)

test('more grades than colours differ by shape', () => {
  const looks = Array.from({ length: 10 }, (_, offer) => JSON.stringify(lookOfOffer(offer, palettes.light)))
  expect(new Set(looks).size).toBe(10)
})
