import { expect, test } from '@jest/globals'
import { html } from './html.ts'

test('text that is put into HTML stays text, in an element and in an attribute', () => {
  const title = `<img src=x onerror="alert('1')"> & more`
  const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; more'
  expect(html`<p title="${title}">${title}</p>`.text).toBe(`<p title="${escaped}">${escaped}</p>`)
})

test('HTML that is put into HTML is escaped once, alone and in lists', () => {
  const rows = ['a & b', 'c'].map((text) => html`<li>${text}</li>`)
  expect(
    html`<ul>
        ${rows}
      </ul>
      ${html`<hr />`}`.text,
  ).toBe('<ul><li>a &amp; b</li><li>c</li></ul><hr>')
})

test('a backslash in a template is written as it stands', () => {
  expect(html`<p>${'\\n'}</p>`.text).toBe('<p>\\n\\n</p>')
})
