import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { RefObject } from 'react'
import uPlot from 'uplot'
import './uplot.css'
import { palettes } from '../../seat-map/palette.ts'
import type { Palette } from '../../seat-map/palette.ts'
import { useIsDark } from '../../use-is-dark.ts'
import { useWords } from '../../use-words.ts'
import { formatClock } from '../formats.ts'
import { SHOWN_SECONDS } from './series.ts'
import type { Series } from './series.ts'
import styles from './LivePlot.module.css'

const HEIGHT = 84
/** Lines of the grid are at least so far apart. */
const GRID_PX = 26

/** So near to the left edge a time would be written over the other axis. */
const EDGE_SECONDS = 40

/** A series of the last ten minutes, with the number of now, or of the moment that is pointed at. */
export function LivePlot({
  title,
  series,
  now,
  isOld,
  write,
}: {
  title: string
  series: Series
  /** The right edge, in seconds since 1970. */
  now: number
  /** Whether the newest number is older than it should be. */
  isOld: boolean
  write: (value: number) => string
}) {
  const { t, language } = useWords()
  const { frame, pointedAt } = usePlot({ series, now, write })
  const known = series.values.filter((value) => value !== null)
  const last = known.at(-1)
  const pointed = pointedAt === undefined ? undefined : series.values[pointedAt]
  const told = pointed ?? last
  const at = pointedAt === undefined || pointed === undefined ? undefined : series.at[pointedAt]
  return (
    <figure className={styles['plot']}>
      <figcaption>
        {title}
        <strong className={isOld ? styles['old'] : undefined}>
          {told === undefined ? '–' : write(told)}
        </strong>
        {at === undefined ? null : <small>{formatClock(at * 1_000, language)}</small>}
      </figcaption>
      <div
        ref={frame}
        className={styles['frame']}
        role="img"
        aria-label={
          last === undefined
            ? t('console.plot.nothing', { title })
            : t('console.plot.told', { title, now: write(last), most: write(Math.max(...known)) })
        }
      />
    </figure>
  )
}

/** Draws a series into `frame`, and again as it changes. Tells which of its values is pointed at. */
function usePlot({ series, now, write }: { series: Series; now: number; write: (value: number) => string }): {
  frame: RefObject<HTMLDivElement | null>
  pointedAt: number | undefined
} {
  const { language } = useWords()
  const isDark = useIsDark()
  const [pointedAt, setPointedAt] = useState<number>()
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const draw = useEffectEvent((made: uPlot) => {
    made.batch(() => {
      made.setData([[...series.at], [...series.values]], false)
      made.setScale('x', { min: now - SHOWN_SECONDS, max: now })
    })
  })
  const writeOnAxis = useEffectEvent((value: number) => write(value))
  useEffect(() => {
    if (frame.current === null) return
    const made = makePlot(
      frame.current,
      palettes[isDark ? 'dark' : 'light'],
      language,
      (value) => writeOnAxis(value),
      setPointedAt,
    )
    plot.current = made
    draw(made)
    const resizing = new ResizeObserver(([entry]) => {
      if (entry !== undefined) made.setSize({ width: entry.contentRect.width, height: HEIGHT })
    })
    resizing.observe(frame.current)
    return () => {
      resizing.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [isDark, language])
  useEffect(() => {
    if (plot.current !== null) draw(plot.current)
  }, [series, now])
  return { frame, pointedAt }
}

function makePlot(
  frame: HTMLElement,
  { quiet, line, accent }: Palette,
  language: string,
  write: (value: number) => string,
  point: (index: number | undefined) => void,
): uPlot {
  const font = `11px ${getComputedStyle(frame).fontFamily}`
  const grid = { stroke: line, width: 1 }
  const time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return new uPlot(
    {
      width: Math.max(100, frame.clientWidth),
      height: HEIGHT,
      padding: [6, 18, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { x: { time: true, auto: false }, y: { range: (_plot, _min, max) => [0, roof(max)] } },
      axes: [
        {
          stroke: quiet,
          font,
          size: 18,
          gap: 3,
          space: 60,
          grid: { show: false },
          ticks: { show: false },
          incrs: [60, 120, 300],
          values: ({ scales }, splits) =>
            splits.map((at) =>
              at - (scales['x']?.min ?? 0) < EDGE_SECONDS ? null : time.format(at * 1_000),
            ),
        },
        {
          stroke: quiet,
          font,
          size: 54,
          gap: 4,
          space: GRID_PX,
          grid,
          ticks: { show: false },
          values: (_plot, splits) => splits.map((value) => write(value)),
        },
      ],
      series: [{}, { stroke: accent, fill: `${accent}22`, width: 2, points: { show: false } }],
      hooks: { setCursor: [({ cursor: { idx } }) => point(idx ?? undefined)] },
    },
    [[], []],
    frame,
  )
}

/** Where the scale ends: some air above the highest number, and never at nothing. */
function roof(max: number | null): number {
  return Math.max(1, (max ?? 0) * 1.1)
}
