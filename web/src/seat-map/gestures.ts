import type { Point } from './view.ts'

/** What fingers, the mouse and the wheel ask for. Places are pixels of the frame. */
export interface GestureHandlers {
  pan: (dx: number, dy: number) => void
  zoom: (factor: number, at: Point) => void
  /** Whether the wheel may still zoom out; where it may not, the page scrolls. */
  canZoomOut: () => boolean
  tap: (at: Point, isFinger: boolean) => void
  /** Where a mouse is; undefined when it has left. */
  hover: (at: Point | undefined) => void
}

/** A finger is less steady than a mouse. */
const STILL_PX = { mouse: 4, touch: 10 }
const WHEEL_ZOOM_A_PIXEL = 0.0022
const PINCH_ZOOM_A_PIXEL = 0.012
const LINE_PX = 20
const WHEEL_PX_MAX = 240

/** Listens to a frame until the signal aborts. */
export function listenToGestures(frame: HTMLElement, handlers: GestureHandlers, signal: AbortSignal): void {
  const fingers = new Map<number, Point>()
  let pressedAt: Point | undefined
  const placeOf = ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top } = frame.getBoundingClientRect()
    return { x: clientX - left, y: clientY - top }
  }
  const press = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse' && event.button !== 0) return
    const at = placeOf(event)
    fingers.set(event.pointerId, at)
    // A press may become a tap as long as it is the only one and stays where it began.
    pressedAt = fingers.size === 1 ? at : undefined
    frame.setPointerCapture(event.pointerId)
  }
  const move = (event: PointerEvent): void => {
    const at = placeOf(event)
    const before = fingers.get(event.pointerId)
    if (before === undefined) {
      if (event.pointerType === 'mouse') handlers.hover(at)
      return
    }
    const still = event.pointerType === 'mouse' ? STILL_PX.mouse : STILL_PX.touch
    if (pressedAt !== undefined && distance(pressedAt, at) < still) return
    pressedAt = undefined
    fingers.set(event.pointerId, at)
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1]
    if (other === undefined) return handlers.pan(at.x - before.x, at.y - before.y)
    const { factor, from, to } = pinch(before, at, other)
    handlers.pan(to.x - from.x, to.y - from.y)
    handlers.zoom(factor, to)
  }
  const release = (event: PointerEvent): void => {
    const wasDown = fingers.delete(event.pointerId)
    if (wasDown && pressedAt !== undefined && event.type === 'pointerup') {
      handlers.tap(pressedAt, event.pointerType !== 'mouse')
    }
    pressedAt = undefined
  }
  // A finger that is lifted leaves too, and the seat that it has tapped is still the one that is told of.
  const leave = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse') handlers.hover(undefined)
  }
  const wheel = (event: WheelEvent): void => {
    if (event.deltaY === 0 || (event.deltaY > 0 && !handlers.canZoomOut())) return
    event.preventDefault()
    handlers.zoom(wheelFactor(event), placeOf(event))
  }
  frame.addEventListener('pointerdown', press, { signal })
  frame.addEventListener('pointermove', move, { signal })
  frame.addEventListener('pointerup', release, { signal })
  frame.addEventListener('pointercancel', release, { signal })
  frame.addEventListener('pointerleave', leave, { signal })
  frame.addEventListener('wheel', wheel, { signal, passive: false })
}

/** What two fingers ask for when one of them moves: how much larger, and where the middle between them was and is. */
export function pinch(before: Point, now: Point, other: Point): { factor: number; from: Point; to: Point } {
  const middle = (finger: Point): Point => ({ x: (finger.x + other.x) / 2, y: (finger.y + other.y) / 2 })
  // Fingers that touch each other would make the plan infinitely larger when they part.
  const apart = (finger: Point): number => Math.max(8, distance(finger, other))
  return { factor: apart(now) / apart(before), from: middle(before), to: middle(now) }
}

/** How much larger a turn of the wheel makes it. Browsers tell a pinch on a trackpad as a wheel with the control key, in small steps. */
export function wheelFactor({
  deltaY,
  deltaMode,
  ctrlKey,
}: Pick<WheelEvent, 'deltaY' | 'deltaMode' | 'ctrlKey'>): number {
  const pixels = deltaMode === 0 ? deltaY : deltaY * LINE_PX
  const turned = Math.min(WHEEL_PX_MAX, Math.max(-WHEEL_PX_MAX, pixels))
  return Math.exp(-turned * (ctrlKey ? PINCH_ZOOM_A_PIXEL : WHEEL_ZOOM_A_PIXEL))
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y)
}
