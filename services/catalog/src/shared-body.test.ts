import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { SharedBody } from './shared-body.ts'

const text = JSON.stringify({ seats: Array.from({ length: 500 }, (_, seatId) => ({ seatId, row: 'A' })) })

test('a body is the same in every coding, and smaller compressed', async () => {
  const body = new SharedBody(text)
  const [plain, gzip, br] = await Promise.all([body.in('identity'), body.in('gzip'), body.in('br')])
  expect(plain.toString()).toBe(text)
  expect(gunzipSync(gzip).toString()).toBe(text)
  expect(brotliDecompressSync(br).toString()).toBe(text)
  expect(gzip.length).toBeLessThan(text.length / 3)
  expect(br.length).toBeLessThan(gzip.length)
})

test('it is compressed once, also for those who ask at the same moment', async () => {
  const body = new SharedBody(text)
  const [first, second] = await Promise.all([body.in('gzip'), body.in('gzip')])
  expect(second).toBe(first)
  expect(await body.in('gzip')).toBe(first)
})

test('its tag names the content and nothing else', () => {
  expect(new SharedBody(text).tag).toBe(new SharedBody(text).tag)
  expect(new SharedBody(text).tag).not.toBe(new SharedBody(`${text} `).tag)
})
