import { inkOn, lookOfOffer } from './palette.ts'
import type { Palette } from './palette.ts'
import { SEAT_HALF } from './plan-seats.ts'
import type { PlacedSeat, SeatPlan } from './plan-seats.ts'
import type { Mark } from './seat-marks.ts'
import { toFrame } from './view.ts'
import type { View } from './view.ts'

/** Pixels a seat. Below the first a shape can't be seen, and rounding corners would cost most of a frame. */
const SHAPES_FROM = 9
const ROW_NAMES_FROM = 11
const NUMBERS_FROM = 20

const FONT =
  "system-ui, -apple-system, 'Segoe UI', 'Apple SD Gothic Neo', 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif"

/** A rectangle in the pixels of a view. */
export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

/** Empties the seats' places and draws them anew. Seats of one look are one path: 4,900 seats are 20 paths and not 4,900. */
export function drawSeats(
  context: CanvasRenderingContext2D,
  view: View,
  seats: Iterable<PlacedSeat>,
  markOfSeat: (seat: PlacedSeat) => Mark,
  palette: Palette,
): void {
  const brushes = new Brushes(context)
  const { scale } = view
  const numbers: { text: string; x: number; y: number; ink: string }[] = []
  for (const seat of seats) {
    const { x, y } = toFrame(view, seat)
    const mark = markOfSeat(seat)
    if (scale < SHAPES_FROM) {
      drawSmall(context, mark, seat.offer, x, y, scale, palette)
      continue
    }
    drawShape(brushes, mark, seat.offer, x, y, scale, palette)
    if (mark === 'free' && scale >= NUMBERS_FROM) {
      numbers.push({
        text: String(seat.seatNumber),
        x,
        y,
        ink: inkOn(lookOfOffer(seat.offer, palette).colour),
      })
    }
  }
  brushes.paint()
  if (numbers.length === 0) return
  startText(context, Math.round(scale * 0.36), 600)
  for (const { text, x, y, ink } of numbers) {
    context.fillStyle = ink
    context.fillText(text, x, y)
  }
}

/** Empties the place of a seat, which is a pixel larger than all that is drawn of it. */
export function clearSeat(
  context: CanvasRenderingContext2D,
  view: View,
  seat: PlacedSeat,
  page: string,
): void {
  const { x, y } = toFrame(view, seat)
  const half = view.scale / 2
  context.fillStyle = page
  context.fillRect(x - half, y - half, view.scale, view.scale)
}

/** The stage, and the names of sections and of rows as far as they can be read. */
export function drawSigns(
  context: CanvasRenderingContext2D,
  view: View,
  { stage, sections, rows }: SeatPlan,
  box: Box,
  stageWord: string,
  palette: Palette,
): void {
  const { scale } = view
  const corner = toFrame(view, stage)
  context.fillStyle = palette.line
  context.beginPath()
  context.roundRect(corner.x, corner.y, stage.width * scale, stage.height * scale, 0.35 * scale)
  context.fill()
  context.fillStyle = palette.quiet
  startText(context, clamp(scale * 0.8, 9, 15), 600)
  context.fillText(stageWord, corner.x + (stage.width * scale) / 2, corner.y + (stage.height * scale) / 2)
  context.fillStyle = palette.text
  const nameSize = clamp(scale * 1.1, 10, 17)
  startText(context, nameSize, 600)
  for (const name of sections) {
    const at = toFrame(view, name)
    if (!isIn(box, at, 200) || scale * 2 < nameSize) continue
    context.fillText(name.text, at.x, at.y, name.width * scale)
  }
  if (scale < ROW_NAMES_FROM) return
  context.fillStyle = palette.quiet
  startText(context, clamp(scale * 0.45, 8, 13), 500)
  for (const name of rows) {
    const at = toFrame(view, name)
    if (isIn(box, at, 40)) context.fillText(name.text, at.x, at.y)
  }
}

/** One mark alone, in the middle of a square of `size` pixels: for a legend. */
export function drawMark(
  context: CanvasRenderingContext2D,
  mark: Mark,
  offer: number,
  size: number,
  palette: Palette,
): void {
  const brushes = new Brushes(context)
  drawShape(brushes, mark, offer, size / 2, size / 2, size, palette)
  brushes.paint()
}

function drawSmall(
  context: CanvasRenderingContext2D,
  mark: Mark,
  offer: number,
  x: number,
  y: number,
  scale: number,
  palette: Palette,
): void {
  const box = (width: number, height: number, colour: string): void => {
    context.fillStyle = colour
    context.fillRect(x - width * scale, y - height * scale, 2 * width * scale, 2 * height * scale)
  }
  const square = (half: number, colour: string): void => box(half, half, colour)
  const { tellsTaken } = palette
  switch (mark) {
    case 'free':
      return square(SEAT_HALF, lookOfOffer(offer, palette).colour)
    case 'held':
      square(tellsTaken ? SEAT_HALF : 0.34, tellsTaken ? palette.text : palette.held)
      return square(tellsTaken ? 0.24 : 0.18, palette.page)
    case 'sold':
      return tellsTaken ? square(0.32, palette.text) : square(0.14, palette.faint)
    case 'blocked':
      return tellsTaken ? box(SEAT_HALF, 0.1, palette.held) : square(0.14, palette.faint)
    case 'chosen':
    case 'mine':
      square(0.5, palette.text)
      return mark === 'mine' ? square(0.3, palette.accent) : undefined
  }
}

function drawShape(
  brushes: Brushes,
  mark: Mark,
  offer: number,
  x: number,
  y: number,
  scale: number,
  palette: Palette,
): void {
  const pen = new Pen(x, y, scale)
  const { thin } = pen
  switch (mark) {
    case 'free': {
      const { colour, isRound } = lookOfOffer(offer, palette)
      return pen.box(brushes.fill(colour), SEAT_HALF, isRound)
    }
    case 'held':
    case 'sold':
    case 'blocked':
      return palette.tellsTaken
        ? drawTold(brushes, mark, pen, palette)
        : drawQuietly(brushes, mark, pen, palette)
    case 'chosen':
      pen.box(brushes.fill(palette.text), 0.48)
      return pen.check(brushes.stroke(palette.page, thin * 1.6))
    case 'mine':
      pen.box(brushes.stroke(palette.accent, thin * 1.4), 0.4)
      return pen.check(brushes.stroke(palette.accent, thin * 1.6))
  }
}

type TakenMark = 'held' | 'sold' | 'blocked'

/** For fans: what can't be had is faint. */
function drawQuietly(brushes: Brushes, mark: TakenMark, pen: Pen, palette: Palette): void {
  switch (mark) {
    case 'held':
      pen.box(brushes.stroke(palette.held, pen.thin), 0.34)
      return pen.box(brushes.fill(palette.held), 0.1, true)
    case 'sold':
      return pen.cross(brushes.stroke(palette.faint, pen.thin))
    case 'blocked':
      return pen.line(brushes.stroke(palette.faint, pen.thin), [-0.18, 0], [0.18, 0])
  }
}

/** For who sells: what became of each seat is seen from afar, by its shape too. */
function drawTold(brushes: Brushes, mark: TakenMark, pen: Pen, palette: Palette): void {
  const bold = pen.thin * 1.6
  switch (mark) {
    case 'held':
      pen.box(brushes.stroke(palette.text, bold), 0.36)
      return pen.box(brushes.fill(palette.text), 0.12, true)
    case 'sold':
      pen.box(brushes.fill(palette.text), 0.42)
      return pen.cross(brushes.stroke(palette.page, bold))
    case 'blocked':
      pen.box(brushes.stroke(palette.held, pen.thin), 0.36)
      return pen.line(brushes.stroke(palette.held, bold), [-0.2, 0.2], [0.2, -0.2])
  }
}

/** Adds shapes to paths around one seat's middle, in parts of a seat. */
class Pen {
  readonly #x: number
  readonly #y: number
  readonly #scale: number

  constructor(x: number, y: number, scale: number) {
    this.#x = x
    this.#y = y
    this.#scale = scale
  }

  /** The width of a thin line, in pixels. */
  get thin(): number {
    return Math.max(1, this.#scale * 0.07)
  }

  box(path: Path2D, half: number, isRound = false): void {
    const size = half * this.#scale
    path.roundRect(this.#x - size, this.#y - size, 2 * size, 2 * size, isRound ? size : 0.5 * size)
  }

  line(path: Path2D, ...points: [number, number][]): void {
    points.forEach(([dx, dy], at) => {
      const [x, y] = [this.#x + dx * this.#scale, this.#y + dy * this.#scale]
      if (at === 0) path.moveTo(x, y)
      else path.lineTo(x, y)
    })
  }

  cross(path: Path2D): void {
    this.line(path, [-0.16, -0.16], [0.16, 0.16])
    this.line(path, [0.16, -0.16], [-0.16, 0.16])
  }

  check(path: Path2D): void {
    this.line(path, [-0.19, 0.01], [-0.05, 0.15], [0.2, -0.14])
  }
}

/** Collects the outlines of one look in one path, and paints them in the order in which their looks came up. */
class Brushes {
  readonly #context: CanvasRenderingContext2D
  readonly #fills = new Map<string, Path2D>()
  readonly #strokes = new Map<string, { path: Path2D; colour: string; width: number }>()

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context
  }

  fill(colour: string): Path2D {
    const path = this.#fills.get(colour) ?? new Path2D()
    this.#fills.set(colour, path)
    return path
  }

  stroke(colour: string, width: number): Path2D {
    const key = `${colour} ${width}`
    const stroke = this.#strokes.get(key) ?? { path: new Path2D(), colour, width }
    this.#strokes.set(key, stroke)
    return stroke.path
  }

  /** Lines come over areas: a check mark is seen on its seat. */
  paint(): void {
    for (const [colour, path] of this.#fills) {
      this.#context.fillStyle = colour
      this.#context.fill(path)
    }
    this.#context.lineCap = 'round'
    this.#context.lineJoin = 'round'
    for (const { path, colour, width } of this.#strokes.values()) {
      this.#context.strokeStyle = colour
      this.#context.lineWidth = width
      this.#context.stroke(path)
    }
  }
}

function startText(context: CanvasRenderingContext2D, size: number, weight: number): void {
  context.font = `${weight} ${size}px ${FONT}`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
}

function isIn(
  { left, top, right, bottom }: Box,
  { x, y }: { x: number; y: number },
  margin: number,
): boolean {
  return x >= left - margin && x <= right + margin && y >= top - margin && y <= bottom + margin
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
