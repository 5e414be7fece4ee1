/** One bar of a plot: its parts lie one behind the other. */
export interface Bar {
  label: string
  parts: readonly { name: string; value: number }[]
  /** Where a line is drawn across the bar. */
  limit?: number | undefined
}

const WIDTH = 860
const LABEL_WIDTH = 230
const VALUE_WIDTH = 70
const BAR_HEIGHT = 18
const BAR_STEP = 26
const HEAD_HEIGHT = 40
const LEGEND_STEP = 20
const LEGEND_COLUMNS = 6
const COLORS = [
  '#3b6ea8',
  '#d98032',
  '#4f9d69',
  '#b5504c',
  '#8467a8',
  '#8a6a58',
  '#c774a8',
  '#7f7f7f',
  '#b0a93a',
  '#3fa3b5',
]

/** A plot of lying bars as an SVG file. Bars are as long as the sum of their parts; values are printed at their ends. */
export function plotBars(title: string, unit: string, bars: readonly Bar[]): string {
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))]
  const colorOf = (name: string): string => COLORS[names.indexOf(name) % COLORS.length] ?? ''
  const legendRows = names.length > 1 ? Math.ceil(names.length / LEGEND_COLUMNS) : 0
  const top = HEAD_HEIGHT + legendRows * LEGEND_STEP
  const longest = Math.max(...bars.map((bar) => Math.max(sumOf(bar), bar.limit ?? 0)), Number.MIN_VALUE)
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / longest
  const legend = legendRows === 0 ? [] : names.map((name, index) => legendEntry(name, colorOf(name), index))
  const lines = bars.map((bar, index) => drawBar(bar, top + index * BAR_STEP, scale, unit, colorOf))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top + bars.length * BAR_STEP + 8}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    `<text x="10" y="22" font-size="15">${escape(title)}</text>`,
    ...legend,
    ...lines,
    '</svg>',
    '',
  ].join('\n')
}

function legendEntry(name: string, color: string, index: number): string {
  const x = 10 + (index % LEGEND_COLUMNS) * ((WIDTH - 20) / LEGEND_COLUMNS)
  const y = HEAD_HEIGHT + Math.floor(index / LEGEND_COLUMNS) * LEGEND_STEP
  return `<rect x="${fixed(x)}" y="${y - 6}" width="12" height="12" fill="${color}"/><text x="${fixed(x + 17)}" y="${y + 4}">${escape(name)}</text>`
}

function drawBar(
  bar: Bar,
  y: number,
  scale: number,
  unit: string,
  colorOf: (name: string) => string,
): string {
  const text = y + BAR_HEIGHT - 5
  let x = LABEL_WIDTH
  const parts = bar.parts.map(({ name, value }) => {
    const width = value * scale
    const rect = `<rect x="${fixed(x)}" y="${y}" width="${fixed(width)}" height="${BAR_HEIGHT}" fill="${colorOf(name)}"/>`
    x += width
    return rect
  })
  const limitAt = bar.limit === undefined ? undefined : LABEL_WIDTH + bar.limit * scale
  const limit =
    limitAt === undefined
      ? []
      : [
          `<line x1="${fixed(limitAt)}" x2="${fixed(limitAt)}" y1="${y - 3}" y2="${y + BAR_HEIGHT + 3}" stroke="#000000" stroke-width="2"/>`,
        ]
  const end = Math.max(x, limitAt ?? 0)
  return [
    `<text x="${LABEL_WIDTH - 8}" y="${text}" text-anchor="end">${escape(bar.label)}</text>`,
    ...parts,
    ...limit,
    `<text x="${fixed(end + 6)}" y="${text}">${sumOf(bar).toPrecision(3)}${escape(unit)}</text>`,
  ].join('\n')
}

function sumOf({ parts }: Bar): number {
  return parts.reduce((sum, { value }) => sum + value, 0)
}

function fixed(value: number): string {
  return value.toFixed(1)
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
