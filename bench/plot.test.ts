import { expect, test } from '@jest/globals'
import { plotBars } from './plot.ts'

const widths = (svg: string): number[] =>
  [...svg.matchAll(/width="([\d.]+)" height="18"/g)].map(([, width]) => Number(width))

test('parts are as long as their values, and the longest bar fills the plot', () => {
  const svg = plotBars('CPU', ' ms', [
    {
      label: 'pay',
      parts: [
        { name: 'kafka', value: 1 },
        { name: 'queue', value: 3 },
      ],
    },
    { label: 'hold', parts: [{ name: 'queue', value: 2 }] },
  ])
  expect(widths(svg)).toEqual([140, 420, 280])
  expect(svg).toContain('>4.00 ms<')
})

test('a limit beyond the bars is inside the plot', () => {
  const svg = plotBars('ratio', '', [{ label: 'hold', parts: [{ name: 'ratio', value: 1 }], limit: 2 }])
  expect(widths(svg)).toEqual([280])
  expect(svg).toContain('<line x1="790.0" x2="790.0"')
})

test('names are text and no markup', () => {
  const svg = plotBars('a < b & c', '', [{ label: '<hold>', parts: [{ name: 'x', value: 1 }] }])
  expect(svg).toContain('a &lt; b &amp; c')
  expect(svg).toContain('&lt;hold&gt;')
})
