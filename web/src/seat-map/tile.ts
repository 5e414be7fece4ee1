import { clearSeat, drawSeats, drawSigns } from './draw-seats.ts'
import type { Palette } from './palette.ts'
import type { PlacedSeat, SeatPlan } from './plan-seats.ts'
import type { Mark } from './seat-marks.ts'
import { toFrame, toPlan } from './view.ts'
import type { Size, View } from './view.ts'

/** All that decides what the picture looks like. */
export interface Picture {
  plan: SeatPlan
  markOfSeat: (seat: PlacedSeat) => Mark
  palette: Palette
  stageWord: string
}

/** How far the picture goes beyond its frame on each side, in CSS pixels, so that a pan only moves it. */
const MARGIN_MAX = 256
/** A stretched picture is shown between two sharp ones while a zoom goes on, up to this. */
const STRETCH_MAX = 2
/** Three device pixels a CSS pixel are all that an eye tells apart at arm's length, and 20 MB on a phone. */
const RATIO_MAX = 3

/**
 * The picture of the plan: one canvas, larger than the frame that shows a part of it. It is drawn when the part that is shown leaves
 * it and when a zoom has ended; between these it is moved and stretched by a CSS transform, which costs the page nothing a frame.
 */
export class Tile {
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  /** The plan in the canvas, in CSS pixels from the canvas' corner, as it was drawn last. */
  #drawn: { view: View; size: Size; ratio: number } | undefined

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('the browser gives no 2d canvas')
    this.#canvas = canvas
    this.#context = context
  }

  /** What was drawn is void. */
  forget(): void {
    this.#drawn = undefined
  }

  /** Whether a view can be shown without drawing anew. */
  covers(view: View, frame: Size, plan: Size): boolean {
    if (this.#drawn === undefined) return false
    const stretch = view.scale / this.#drawn.view.scale
    if (stretch > STRETCH_MAX || stretch < 1 / STRETCH_MAX) return false
    return covers(this.#drawn.view, this.#drawn.size, view, frame, plan)
  }

  isSharp(view: View): boolean {
    return this.#drawn?.view.scale === view.scale && this.#drawn.ratio === deviceRatio()
  }

  /** Draws what a view shows, and the margin around it; a rough one for a moment of a zoom has one pixel a CSS pixel. */
  draw(view: View, frame: Size, { plan, markOfSeat, palette, stageWord }: Picture, isRough: boolean): void {
    const ratio = isRough ? 1 : deviceRatio()
    const margin = { x: Math.min(MARGIN_MAX, frame.width / 2), y: Math.min(MARGIN_MAX, frame.height / 2) }
    const size = { width: frame.width + 2 * margin.x, height: frame.height + 2 * margin.y }
    const own = { scale: view.scale, x: view.x + margin.x, y: view.y + margin.y }
    this.#resize(size, ratio)
    this.#drawn = { view: own, size, ratio }
    const context = this.#context
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.fillStyle = palette.page
    context.fillRect(0, 0, size.width, size.height)
    const box = { left: 0, top: 0, right: size.width, bottom: size.height }
    drawSigns(context, own, plan, box, stageWord, palette)
    drawSeats(context, own, this.#seatsIn(plan.seats), markOfSeat, palette)
  }

  /** Draws these seats anew, and nothing else. */
  redraw(seats: Iterable<PlacedSeat>, { markOfSeat, palette }: Picture): void {
    if (this.#drawn === undefined) return
    const { view } = this.#drawn
    const shown = this.#seatsIn(seats)
    for (const seat of shown) clearSeat(this.#context, view, seat, palette.page)
    drawSeats(this.#context, view, shown, markOfSeat, palette)
  }

  /** Puts the picture where a view wants it, on whole device pixels where it is not stretched. */
  place(view: View): void {
    if (this.#drawn === undefined) return
    const { view: own, ratio } = this.#drawn
    const stretch = view.scale / own.scale
    const snap = (pixel: number): number => (stretch === 1 ? Math.round(pixel * ratio) / ratio : pixel)
    const x = snap(view.x - own.x * stretch)
    const y = snap(view.y - own.y * stretch)
    this.#canvas.style.transform = `translate(${x}px, ${y}px) scale(${stretch})`
  }

  #seatsIn(seats: Iterable<PlacedSeat>): PlacedSeat[] {
    if (this.#drawn === undefined) return []
    const { view, size } = this.#drawn
    const least = toPlan(view, { x: 0, y: 0 })
    const most = toPlan(view, { x: size.width, y: size.height })
    return [...seats].filter(
      ({ x, y }) => x > least.x - 1 && x < most.x + 1 && y > least.y - 1 && y < most.y + 1,
    )
  }

  #resize(size: Size, ratio: number): void {
    const width = Math.round(size.width * ratio)
    const height = Math.round(size.height * ratio)
    // Setting a size, even the same, takes new memory for the canvas.
    if (this.#canvas.width === width && this.#canvas.height === height) return
    this.#canvas.width = width
    this.#canvas.height = height
    this.#canvas.style.width = `${size.width}px`
    this.#canvas.style.height = `${size.height}px`
  }
}

/** Whether all of the plan that a frame shows is in a picture: what lies beyond the plan is empty in both. */
export function covers(drawn: View, picture: Size, view: View, frame: Size, plan: Size): boolean {
  const first = toPlan(view, { x: 0, y: 0 })
  const last = toPlan(view, { x: frame.width, y: frame.height })
  const from = toFrame(drawn, { x: Math.max(0, first.x), y: Math.max(0, first.y) })
  const to = toFrame(drawn, { x: Math.min(plan.width, last.x), y: Math.min(plan.height, last.y) })
  // Half a pixel is what rounding to device pixels may lose.
  return from.x >= -0.5 && from.y >= -0.5 && to.x <= picture.width + 0.5 && to.y <= picture.height + 0.5
}

function deviceRatio(): number {
  return Math.min(RATIO_MAX, window.devicePixelRatio)
}
