import { expect, test } from '@jest/globals'
import { decodeQR } from 'qr/decode.js'
import { qrPath } from './qr-path.ts'

/** As docs/tickets.md has them: 184 to 196 characters. */
const CODE =
  'eyJhbGciOiJFZERTQSIsImtpZCI6Im9qUGUifQ.eyJyZXMiOiJGUi03SzNNOVFXMlhUIiwic2NoIjoxLCJzZWF0IjoxMDAxfQ.ovcTiaX8vEkEA_BTuxlT-eY2WFAWtxn3FLlG8Ae97w-XkHCUii-YWS8rQhQ6is4fmMJzjUO4mdaToKvzdN1zCw'

/** Paints the path as a browser does, dark on white, each square `scale` pixels a side. */
function paint(text: string, scale: number) {
  const { size, path } = qrPath(text)
  const side = size * scale
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255)
  for (const [, x = 0, y = 0, width = 0] of [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)].map((match) =>
    match.map(Number),
  )) {
    for (let row = y * scale; row < (y + 1) * scale; row += 1) {
      for (let column = x * scale; column < (x + width) * scale; column += 1) {
        pixels.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3)
      }
    }
  }
  return { pixels, side, size }
}

test.each([CODE, CODE + 'x'.repeat(12), '한글 좌석'])('a reader reads back what was written: %s', (text) => {
  const { pixels, side } = paint(text, 3)
  expect(decodeQR({ data: pixels, width: side, height: side })).toBe(text)
})

test('a ticket is at most 57 squares wide with four light ones around, so that a phone shows each large enough', () => {
  const { pixels, side, size } = paint(CODE, 1)
  expect(size).toBeLessThanOrEqual(57 + 8)
  const isDark = (x: number, y: number): boolean => pixels[(y * side + x) * 4] === 0
  for (let at = 0; at < side; at += 1) {
    for (let inward = 0; inward < 4; inward += 1) {
      expect([isDark(at, inward), isDark(inward, at)]).toEqual([false, false])
      expect([isDark(at, side - 1 - inward), isDark(side - 1 - inward, at)]).toEqual([false, false])
    }
  }
  expect(isDark(4, 4)).toBe(true)
})
