import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { cpuRatio } from './measure.ts'
import { plotBars } from './plot.ts'
import type { Bar } from './plot.ts'
import { figureText, isMet } from './results.ts'
import type { Comparison, Results } from './results.ts'

const DOCS = join(import.meta.dirname, '..', 'docs')
const PAGE = join(DOCS, 'benchmarks.md')
const FROM = '<!-- results: written by npm run bench -- --docs -->'
const TO = '<!-- end of results -->'

/** Writes the results of a run into docs/benchmarks.md, in place of those that are there, and draws the plots beside it. */
export async function writeDocs(results: Results, machineLine: string): Promise<void> {
  const page = readFileSync(PAGE, 'utf8')
  const [before, rest] = page.split(FROM)
  const after = rest?.split(TO)[1]
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has no place for results`)
  const text = `${before}${FROM}\n\n${resultsText(results, machineLine)}\n\n${TO}${after}`
  writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' }))
  mkdirSync(join(DOCS, 'benchmarks'), { recursive: true })
  const { comparisons } = results
  writePlot(
    'ratios',
    plotBars('CPU of a request, times that of the other stack (line: limit)', '', comparisons.map(ratioBar)),
  )
  const sales = comparisons.filter(({ ours }) => ours.parts.has('kafka'))
  writePlot('parts', plotBars('CPU of a request by process', ' ms', sales.flatMap(partBars)))
}

function writePlot(name: string, svg: string): void {
  writeFileSync(join(DOCS, 'benchmarks', `${name}.svg`), svg)
}

/** The results as Markdown. */
export function resultsText({ comparisons, figures, problems }: Results, machineLine: string): string {
  const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`
  return [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${machine}. ${machineLine}`,
    '',
    ...markdownTable([
      ['work', 'a second', 'CPU ms', 'p50 ms', 'p99 ms', 'against', 'its CPU ms', 'ratio', 'limit', 'met'],
      ...comparisons.map(comparisonCells),
    ]),
    '',
    ...markdownTable([
      ['figure', 'value', 'limit', 'met'],
      ...figures.map((figure) => [
        figure.name,
        figureText(figure, figure.value),
        ...(figure.limit === undefined
          ? ['', '']
          : [figureText(figure, figure.limit), isMet(figure) ? 'yes' : '**no**']),
      ]),
    ]),
    ...problems.map((problem) => `\nNot measured: ${problem}`),
  ].join('\n')
}

function comparisonCells(comparison: Comparison): string[] {
  const { work, ours, against, other, limit } = comparison
  return [
    work,
    Math.round(ours.perSecond).toLocaleString('en'),
    ours.cpuMsPerRequest.toFixed(3),
    ours.p50Ms.toFixed(1),
    ours.p99Ms.toFixed(1),
    against,
    other.cpuMsPerRequest.toFixed(3),
    cpuRatio(ours, other).toFixed(2),
    ...(limit === undefined ? ['', ''] : [String(limit), isMet(comparison) ? 'yes' : '**no**']),
  ]
}

function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

function ratioBar({ work, ours, other, limit }: Comparison): Bar {
  return { label: work, parts: [{ name: 'ratio', value: cpuRatio(ours, other) }], limit }
}

function partBars({ work, ours, against, other }: Comparison): Bar[] {
  return [
    { label: work, cost: ours },
    { label: against, cost: other },
  ].map(({ label, cost }) => ({ label, parts: [...cost.parts].map(([name, value]) => ({ name, value })) }))
}
