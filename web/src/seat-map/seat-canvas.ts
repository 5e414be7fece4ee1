import { indexSeats } from './find-seat.ts'
import type { SeatFinder } from './find-seat.ts'
import { listenToGestures } from './gestures.ts'
import { glideAt } from './glide.ts'
import type { Glide } from './glide.ts'
import { nextSeat } from './next-seat.ts'
import type { Direction } from './next-seat.ts'
import type { Palette } from './palette.ts'
import type { PlacedSeat, SeatPlan } from './plan-seats.ts'
import { markOf } from './seat-marks.ts'
import type { Mark } from './seat-marks.ts'
import { Tile } from './tile.ts'
import type { Picture } from './tile.ts'
import { bringIntoFrame, centreOn, fitView, keepInSight, panView, toFrame, toPlan, zoomView } from './view.ts'
import type { Point, Size, View } from './view.ts'

/** What is shown. */
export interface Scene {
  plan: SeatPlan
  /** A letter a seat, as the API's compact states have them. */
  states: string
  chosen: ReadonlySet<number>
  /** Seats that the person has already. */
  mine: ReadonlySet<number>
  palette: Palette
  stageWord: string
}

/** The elements that it is shown in: what is outside of `frame` is not seen; `ring` is put around the seat that is pointed at. */
export interface SeatCanvasElements {
  frame: HTMLElement
  canvas: HTMLCanvasElement
  ring: HTMLElement
}

/** What the person does. */
export interface SeatCanvasHandlers {
  pick: (seat: PlacedSeat) => void
  /** The seat that the mouse or the arrow keys are on; undefined where there is none. */
  point: (seat: PlacedSeat | undefined) => void
}

/** Pixels a seat from which one is hit: WCAG 2.2 asks for 24 a finger. A tap on smaller ones looks closer instead. */
const PICK_FROM = { mouse: 9, finger: 24 }
const LOOK_CLOSER = 34
const REACH = { mouse: 0.6, finger: 0.75 }
const KEYS_FROM = 16
const BUTTON_ZOOM = 1.7
/** A zoom has ended when nothing has changed for so long: then it is drawn sharply. */
const SETTLE_MS = 120
/** From so many changed seats on, drawing all is faster than emptying each place. */
const REDRAW_ALL_FROM = 800

/** The moving picture of a seat map. It draws in animation frames, and only in those before which something changed. */
export class SeatCanvas {
  readonly #elements: SeatCanvasElements
  readonly #handlers: SeatCanvasHandlers
  readonly #tile: Tile
  readonly #end = new AbortController()
  #scene: Scene
  #finder: SeatFinder
  #marks: Mark[] = []
  #stale = new Set<PlacedSeat>()
  #frame: Size = { width: 0, height: 0 }
  #view: View = { x: 0, y: 0, scale: 1 }
  #isFit = true
  #glide: Glide | undefined
  #zoomedAtMs = 0
  #pointed: PlacedSeat | undefined
  #request: number | undefined

  constructor(elements: SeatCanvasElements, handlers: SeatCanvasHandlers, scene: Scene) {
    this.#elements = elements
    this.#handlers = handlers
    this.#tile = new Tile(elements.canvas)
    this.#scene = scene
    this.#finder = indexSeats(scene.plan.seats)
    this.#marks = this.#readMarks()
    const { signal } = this.#end
    const sizes = new ResizeObserver(() => this.#resize())
    sizes.observe(elements.frame)
    signal.addEventListener('abort', () => sizes.disconnect())
    elements.canvas.addEventListener('contextrestored', () => this.#drawAll(), { signal })
    listenToGestures(
      elements.frame,
      {
        pan: (dx, dy) => this.#move(panView(this.#view, dx, dy)),
        zoom: (factor, at) => this.#move(this.#zoomed(factor, at)),
        canZoomOut: () => !this.#isFit,
        tap: (at, isFinger) => this.#tap(at, isFinger),
        hover: (at) => this.#point(at === undefined ? undefined : this.#seatAt(at, 'mouse')),
      },
      signal,
    )
  }

  /** Ends all listening and drawing. */
  destroy(): void {
    this.#end.abort()
    if (this.#request !== undefined) cancelAnimationFrame(this.#request)
  }

  /** Shows another scene; of the same plan in the same colours only the seats that changed are drawn. */
  show(scene: Scene): void {
    const before = this.#scene
    this.#scene = scene
    if (scene.plan !== before.plan) {
      this.#finder = indexSeats(scene.plan.seats)
      this.#marks = this.#readMarks()
      this.#point(undefined)
      this.#view = this.#isFit ? fitView(scene.plan, this.#frame) : this.#view
      return this.#drawAll()
    }
    const marks = this.#readMarks()
    for (const seat of scene.plan.seats) {
      if (marks[seat.index] !== this.#marks[seat.index]) this.#stale.add(seat)
    }
    this.#marks = marks
    if (scene.palette !== before.palette || scene.stageWord !== before.stageWord) this.#drawAll()
    else if (this.#stale.size > 0) this.#wake()
  }

  /** How a seat is drawn now. */
  markOfSeat(seat: PlacedSeat): Mark {
    return this.#marks[seat.index] ?? 'blocked'
  }

  zoomIn(): void {
    this.#glideTo(this.#zoomed(BUTTON_ZOOM, this.#middle()))
  }

  zoomOut(): void {
    this.#glideTo(this.#zoomed(1 / BUTTON_ZOOM, this.#middle()))
  }

  /** Shows all of the plan. */
  showAll(): void {
    this.#glideTo(fitView(this.#scene.plan, this.#frame))
  }

  /** Moves on by an arrow key: to the first seat near the middle, then from seat to seat. */
  step(direction: Direction): void {
    const { seats } = this.#scene.plan
    const from = this.#pointed
    const to = from === undefined ? this.#nearestToMiddle() : nextSeat(seats, from, direction)
    if (to === undefined) return
    this.#point(to)
    this.#glideTo(
      this.#view.scale < KEYS_FROM
        ? centreOn(to, LOOK_CLOSER, this.#frame)
        : bringIntoFrame(this.#view, to, this.#view.scale * 2, this.#frame),
    )
  }

  /** Picks the seat that the arrow keys are on. */
  pickPointed(): void {
    if (this.#pointed !== undefined) this.#handlers.pick(this.#pointed)
  }

  #readMarks(): Mark[] {
    const { plan, states, chosen, mine } = this.#scene
    return plan.seats.map(({ index, seatId }) => markOf(states[index], chosen.has(seatId), mine.has(seatId)))
  }

  #tap(at: Point, isFinger: boolean): void {
    const kind = isFinger ? 'finger' : 'mouse'
    if (this.#view.scale < PICK_FROM[kind]) {
      this.#glideTo(this.#zoomed(LOOK_CLOSER / this.#view.scale, at))
      return
    }
    const seat = this.#seatAt(at, kind)
    if (seat === undefined) return
    this.#point(seat)
    this.#handlers.pick(seat)
  }

  #seatAt(at: Point, kind: 'mouse' | 'finger'): PlacedSeat | undefined {
    return this.#finder.at(toPlan(this.#view, at), REACH[kind])
  }

  #nearestToMiddle(): PlacedSeat | undefined {
    const { x, y } = toPlan(this.#view, this.#middle())
    let best: PlacedSeat | undefined
    let least = Infinity
    for (const seat of this.#scene.plan.seats) {
      const distance = Math.hypot(seat.x - x, seat.y - y)
      if (distance >= least) continue
      best = seat
      least = distance
    }
    return best
  }

  #point(seat: PlacedSeat | undefined): void {
    if (seat === this.#pointed) return
    this.#pointed = seat
    this.#elements.frame.style.cursor =
      seat === undefined || this.markOfSeat(seat) !== 'free' ? '' : 'pointer'
    this.#handlers.point(seat)
    this.#wake()
  }

  #middle(): Point {
    return { x: this.#frame.width / 2, y: this.#frame.height / 2 }
  }

  #zoomed(factor: number, at: Point): View {
    return zoomView(this.#view, factor, at, this.#scene.plan, this.#frame)
  }

  /** Follows the hand at once. */
  #move(view: View): void {
    this.#glide = undefined
    this.#look(keepInSight(view, this.#scene.plan, this.#frame))
  }

  #glideTo(view: View): void {
    const to = keepInSight(view, this.#scene.plan, this.#frame)
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return this.#move(to)
    this.#glide = { from: this.#view, to, startedAtMs: performance.now() }
    this.#wake()
  }

  #look(view: View): void {
    if (view.scale !== this.#view.scale) this.#zoomedAtMs = performance.now()
    this.#view = view
    this.#isFit = view.scale <= fitView(this.#scene.plan, this.#frame).scale * 1.001
    // Where all is shown there is nothing to move, and a finger that moves up or down scrolls the page.
    this.#elements.frame.style.touchAction = this.#isFit ? 'pan-y' : 'none'
    this.#wake()
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#elements.frame
    if (width === 0 || height === 0) return
    const middle = toPlan(this.#view, this.#middle())
    this.#frame = { width, height }
    this.#glide = undefined
    const { plan } = this.#scene
    this.#look(
      keepInSight(
        this.#isFit ? fitView(plan, this.#frame) : centreOn(middle, this.#view.scale, this.#frame),
        plan,
        this.#frame,
      ),
    )
    // A picture of a new size is drawn sharply at once.
    this.#zoomedAtMs = 0
    this.#drawAll()
  }

  #drawAll(): void {
    this.#tile.forget()
    this.#wake()
  }

  #wake(): void {
    if (this.#end.signal.aborted || this.#frame.width === 0) return
    this.#request ??= requestAnimationFrame((nowMs) => {
      this.#request = undefined
      this.#drawFrame(nowMs)
    })
  }

  #drawFrame(nowMs: number): void {
    if (this.#glide !== undefined) {
      const { view, isOver } = glideAt(this.#glide, nowMs)
      if (isOver) this.#glide = undefined
      this.#look(view)
    }
    const picture: Picture = { ...this.#scene, markOfSeat: (seat) => this.markOfSeat(seat) }
    const isSharp = this.#tile.isSharp(this.#view)
    const isSettled = this.#glide === undefined && nowMs - this.#zoomedAtMs >= SETTLE_MS
    const isCovered = this.#tile.covers(this.#view, this.#frame, this.#scene.plan)
    if (!isCovered || (!isSharp && isSettled) || this.#stale.size >= REDRAW_ALL_FROM) {
      this.#tile.draw(this.#view, this.#frame, picture, !isSettled)
    } else if (this.#stale.size > 0) this.#tile.redraw(this.#stale, picture)
    // Frames go on until the picture is sharp.
    if (!this.#tile.isSharp(this.#view)) this.#wake()
    this.#stale.clear()
    this.#tile.place(this.#view)
    this.#placeRing()
  }

  #placeRing(): void {
    const { ring } = this.#elements
    ring.hidden = this.#pointed === undefined
    if (this.#pointed === undefined) return
    const { x, y } = toFrame(this.#view, this.#pointed)
    const size = Math.max(10, this.#view.scale)
    ring.style.width = `${size}px`
    ring.style.height = `${size}px`
    ring.style.transform = `translate(${x - size / 2}px, ${y - size / 2}px)`
  }
}
