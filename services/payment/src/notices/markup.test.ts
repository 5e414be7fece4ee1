import { expect, test } from '@jest/globals'
import { markup } from './markup.ts'

test('text that is put into HTML stays text, in an element and in an attribute', () => {
  const title = `<img src=x onerror="alert('1')"> & more`
  const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; more'
  expect(markup`<p title="${title}">${title}</p>`.html).toBe(`<p title="${escaped}">${escaped}</p>`)
})

test('HTML that is put into HTML is escaped once, alone and in lists', () => {
  const rows = ['a & b', 'c'].map((text) => markup`<li>${text}</li>`)
  expect(markup`<ul>${rows}</ul>${markup`<hr>`}`.html).toBe('<ul><li>a &amp; b</li><li>c</li></ul><hr>')
})
