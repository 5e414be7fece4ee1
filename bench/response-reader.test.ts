import { expect, test } from '@jest/globals'
import { ResponseReader } from './response-reader.ts'

const answer = (status: string, body: string, more = ''): string =>
  `HTTP/1.1 ${status}\r\nServer: nginx\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`

const read = (chunks: readonly string[]) => {
  const reader = new ResponseReader()
  return chunks.flatMap((chunk) =>
    reader
      .read(Buffer.from(chunk))
      .map(({ status, closes, body }) => ({ status, closes, body: body.toString() })),
  )
}

test('an answer is found wherever the network cuts it', () => {
  const whole = answer('200 OK', '{"a":1}')
  for (let cut = 1; cut < whole.length; cut += 1) {
    expect(read([whole.slice(0, cut), whole.slice(cut)])).toEqual([
      { status: 200, closes: false, body: '{"a":1}' },
    ])
  }
})

test('several answers in one chunk are several', () => {
  const found = read([
    answer('200 OK', 'one') + answer('429 Too Many Requests', '') + answer('200 OK', 'two'),
  ])
  expect(found.map(({ status, body }) => [status, body])).toEqual([
    [200, 'one'],
    [429, ''],
    [200, 'two'],
  ])
})

test('the last answer of a connection is known as that', () => {
  expect(read([answer('200 OK', 'x', 'connection: close\r\n')])).toMatchObject([{ closes: true }])
})

test('an answer without a length is an error, not a wait without end', () => {
  expect(() => read(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'])).toThrow('Content-Length')
  expect(read(['HTTP/1.1 204 No Content\r\n\r\n'])).toEqual([{ status: 204, closes: false, body: '' }])
})
