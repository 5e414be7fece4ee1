import { useEffect, useRef } from 'react'
import { drawMark } from './draw-seats.ts'
import type { Palette } from './palette.ts'
import type { Offer } from './plan-seats.ts'
import type { Mark } from './seat-marks.ts'
import type { LegendMark, SeatMapTexts } from './seat-map-texts.ts'
import styles from './SeatMap.module.css'

const MARK_PX = 22

/** What the colours and shapes of a seat map mean: each grade with its price and what is left, and the marks of other seats. */
export function Legend({
  offers,
  free,
  palette,
  texts,
  marks,
}: {
  offers: readonly Offer[]
  /** Seats left of each offer. */
  free: readonly number[]
  palette: Palette
  texts: SeatMapTexts
  /** Those to explain. */
  marks: readonly LegendMark[]
}) {
  return (
    <div className={styles['legend']}>
      <ul aria-label={texts.grades} className={styles['offers']}>
        {offers.map(({ grade, price }, at) => (
          <li key={`${grade} ${price}`}>
            <MarkPicture mark="free" offer={at} palette={palette} />
            <strong>{grade}</strong>
            <span>{texts.price(price)}</span>
            <span className={styles['left']}>{texts.left(free[at] ?? 0)}</span>
          </li>
        ))}
      </ul>
      <ul aria-label={texts.marks} className={styles['marks']}>
        {marks.map((mark) => (
          <li key={mark}>
            <MarkPicture mark={mark} offer={0} palette={palette} />
            {texts.mark[mark]}
          </li>
        ))}
      </ul>
    </div>
  )
}

function MarkPicture({ mark, offer, palette }: { mark: Mark; offer: number; palette: Palette }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (canvas.current === null || context === null || context === undefined) return
    const ratio = Math.max(2, window.devicePixelRatio)
    canvas.current.width = MARK_PX * ratio
    canvas.current.height = MARK_PX * ratio
    context.scale(ratio, ratio)
    drawMark(context, mark, offer, MARK_PX, palette)
  }, [mark, offer, palette])
  return <canvas ref={canvas} className={styles['mark']} aria-hidden="true" />
}
