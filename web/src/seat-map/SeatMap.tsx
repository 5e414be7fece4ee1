import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'
import { useIsDark } from '../use-is-dark.ts'
import { countFree } from './count-free.ts'
import { Legend } from './Legend.tsx'
import type { Direction } from './next-seat.ts'
import { operatorPalettes, palettes } from './palette.ts'
import { planSeats } from './plan-seats.ts'
import type { LayoutSeat, PlacedSeat } from './plan-seats.ts'
import { SeatCanvas } from './seat-canvas.ts'
import type { Scene } from './seat-canvas.ts'
import { isOpen, markOf } from './seat-marks.ts'
import type { LegendMark, SeatMapTexts } from './seat-map-texts.ts'
import styles from './SeatMap.module.css'

/** What a seat map needs. */
export interface SeatMapProps {
  /** Seats as the API's layout lists them. Keep the same array for the same layout: another one is planned anew. */
  layout: readonly LayoutSeat[]
  /** A letter a seat, as the API's compact states have them. */
  states: string
  /** Ids of the seats that the person has chosen. */
  chosen: ReadonlySet<number>
  /** Ids of those that the person has already. */
  mine?: ReadonlySet<number>
  /** How many may be chosen at once. */
  limit?: number
  /**
   * Chooses a seat, or takes the choice back. Only called for what is free or chosen, and within the limit. Without it seats are only
   * looked at.
   */
  onToggle?: (seatId: number) => void
  /** Which marks the legend explains beside the person's own seats. */
  marks?: readonly LegendMark[]
  /** Whether what became of each seat stands out, and not only what is free. */
  isOperators?: boolean
  texts: SeatMapTexts
  /** The id of what tells where the same can be done without seeing. */
  describedBy?: string
}

const NONE: ReadonlySet<number> = new Set()
const FOR_FANS: readonly LegendMark[] = ['chosen', 'held', 'sold']
const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}

/** All seats of a schedule as a picture to move, to zoom and to choose from. */
export function SeatMap({
  layout,
  states,
  chosen,
  mine = NONE,
  limit = 0,
  onToggle,
  marks = FOR_FANS,
  isOperators = false,
  texts,
  describedBy,
}: SeatMapProps) {
  const palette = (isOperators ? operatorPalettes : palettes)[useIsDark() ? 'dark' : 'light']
  const plan = useMemo(() => planSeats(layout), [layout])
  const [pointed, setPointed] = useState<PlacedSeat>()
  const [isRefused, setIsRefused] = useState(false)
  const markOfSeat = ({ index, seatId }: PlacedSeat) =>
    markOf(states[index], chosen.has(seatId), mine.has(seatId))
  const pick = (seat: PlacedSeat): void => {
    if (onToggle === undefined) return
    const mark = markOfSeat(seat)
    // Those that somebody else took meanwhile are still in `chosen`, but no longer the person's.
    const isPastLimit =
      mark === 'free' && plan.seats.filter((one) => markOfSeat(one) === 'chosen').length >= limit
    setIsRefused(isPastLimit)
    if (isOpen(mark) && !isPastLimit) onToggle(seat.seatId)
  }
  const point = (seat: PlacedSeat | undefined): void => {
    setPointed(seat)
    setIsRefused(false)
  }
  const scene: Scene = { plan, states, chosen, mine, palette, stageWord: texts.stage }
  const { elements, map } = useSeatCanvas(scene, pick, point)
  const press = (event: KeyboardEvent): void => {
    if (pressKey(event.key, map.current)) event.preventDefault()
  }
  const told = isRefused
    ? texts.full(limit)
    : pointed === undefined
      ? texts.hint
      : texts.seat(pointed, markOfSeat(pointed))
  return (
    <div className={styles['map']}>
      <div className={styles['stand']}>
        <div
          ref={elements.frame}
          className={styles['frame']}
          // Arrow keys move between seats here, which screen readers would else keep to themselves.
          role="application"
          tabIndex={0}
          aria-label={texts.map}
          aria-describedby={describedBy}
          onKeyDown={press}
        >
          {/* Until it is drawn it would be a black box of the size that canvases have by default. */}
          <canvas
            ref={elements.canvas}
            className={styles['canvas']}
            width={0}
            height={0}
            aria-hidden="true"
          />
          <div ref={elements.ring} className={styles['ring']} hidden />
        </div>
        <div className={styles['tools']}>
          <button type="button" aria-label={texts.zoomIn} onClick={() => map.current?.zoomIn()}>
            <Icon path="M4 10h12M10 4v12" />
          </button>
          <button type="button" aria-label={texts.zoomOut} onClick={() => map.current?.zoomOut()}>
            <Icon path="M4 10h12" />
          </button>
          <button type="button" aria-label={texts.showAll} onClick={() => map.current?.showAll()}>
            <Icon path="M4 8V4h4M16 8V4h-4M4 12v4h4M16 12v4h-4" />
          </button>
        </div>
      </div>
      <p className={styles['told']} role="status">
        {told}
      </p>
      <Legend
        offers={plan.offers}
        free={countFree(plan, states)}
        palette={palette}
        texts={texts}
        marks={mine.size > 0 ? ['mine', ...marks] : marks}
      />
    </div>
  )
}

/** Keeps the picture as the scene is. It is drawn outside of React: a frame of a pan renders nothing. */
function useSeatCanvas(
  scene: Scene,
  pick: (seat: PlacedSeat) => void,
  point: (seat: PlacedSeat | undefined) => void,
) {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const ring = useRef<HTMLDivElement>(null)
  const map = useRef<SeatCanvas>(null)
  const onPick = useEffectEvent(pick)
  const onPoint = useEffectEvent(point)
  const onStart = useEffectEvent(() => scene)
  useEffect(() => {
    if (frame.current === null || canvas.current === null || ring.current === null) return
    const made = new SeatCanvas(
      { frame: frame.current, canvas: canvas.current, ring: ring.current },
      { pick: (seat) => onPick(seat), point: (seat) => onPoint(seat) },
      onStart(),
    )
    map.current = made
    return () => {
      made.destroy()
      map.current = null
    }
  }, [])
  const { plan, states, chosen, mine, palette, stageWord } = scene
  useEffect(() => {
    map.current?.show({ plan, states, chosen, mine, palette, stageWord })
  }, [plan, states, chosen, mine, palette, stageWord])
  return { elements: { frame, canvas, ring }, map }
}

/** Does what a key stands for; false where it stands for nothing. */
function pressKey(key: string, map: SeatCanvas | null): boolean {
  const direction = ARROWS[key]
  if (direction !== undefined) map?.step(direction)
  else if (key === 'Enter' || key === ' ') map?.pickPointed()
  else if (key === '+' || key === '=') map?.zoomIn()
  else if (key === '-') map?.zoomOut()
  else if (key === '0') map?.showAll()
  else return false
  return true
}

function Icon({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <path
        d={path}
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
