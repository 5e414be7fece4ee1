/** Where the plan stands in its frame: the pixel of the plan's origin, and pixels a seat. All pixels are CSS pixels of the frame. */
export interface View {
  x: number
  y: number
  scale: number
}

/** Width and height, of a frame in pixels or of a plan in seats. */
export interface Size {
  width: number
  height: number
}

/** A place in a frame or on a plan. */
export interface Point {
  x: number
  y: number
}

/** How large a seat may get: wide enough for the largest finger, and for a number that can be read from afar. */
const SCALE_MAX = 56

/** All of the plan, in the middle of the frame. */
export function fitView(plan: Size, frame: Size): View {
  const scale = Math.min(SCALE_MAX, frame.width / plan.width, frame.height / plan.height)
  return { scale, x: (frame.width - plan.width * scale) / 2, y: (frame.height - plan.height * scale) / 2 }
}

/** The place of the plan that is shown at a pixel. */
export function toPlan({ x, y, scale }: View, at: Point): Point {
  return { x: (at.x - x) / scale, y: (at.y - y) / scale }
}

/** The pixel at which a place of the plan is shown. */
export function toFrame({ x, y, scale }: View, at: Point): Point {
  return { x: x + at.x * scale, y: y + at.y * scale }
}

/** Moved by pixels. */
export function panView(view: View, dx: number, dy: number): View {
  return { ...view, x: view.x + dx, y: view.y + dy }
}

/** Larger by a factor, within what `plan` and `frame` allow; what is shown at `at` stays there. */
export function zoomView(view: View, factor: number, at: Point, plan: Size, frame: Size): View {
  const { scale: least } = fitView(plan, frame)
  const scale = Math.min(Math.max(SCALE_MAX, least), Math.max(least, view.scale * factor))
  const under = toPlan(view, at)
  return { scale, x: at.x - under.x * scale, y: at.y - under.y * scale }
}

/**
 * The nearest view that does not lose the plan out of sight. At the least scale it is the whole plan in the middle; the more it is
 * zoomed in, the farther its edge may be drawn into the frame, up to the middle: corners can be chosen from where fingers reach.
 */
export function keepInSight(view: View, plan: Size, frame: Size): View {
  const { scale: least } = fitView(plan, frame)
  const freedom = Math.min(1, Math.max(0, view.scale / least - 1)) / 2
  const keep = (offset: number, content: number, room: number): number => {
    const slack = Math.min(freedom * room, Math.abs(content - room) / 2)
    const low = content < room ? (room - content) / 2 : room - content
    const high = content < room ? low : 0
    return Math.min(high + slack, Math.max(low - slack, offset))
  }
  return {
    scale: view.scale,
    x: keep(view.x, plan.width * view.scale, frame.width),
    y: keep(view.y, plan.height * view.scale, frame.height),
  }
}

/** The view that shows this place of the plan in the middle, at the scale. */
export function centreOn(at: Point, scale: number, frame: Size): View {
  return { scale, x: frame.width / 2 - at.x * scale, y: frame.height / 2 - at.y * scale }
}

/** The nearest view in which the place is at least `margin` pixels inside of the frame. */
export function bringIntoFrame(view: View, at: Point, margin: number, frame: Size): View {
  const { x, y } = toFrame(view, at)
  const shift = (pixel: number, room: number): number => {
    const least = Math.min(margin, room / 2)
    return Math.min(room - least, Math.max(least, pixel)) - pixel
  }
  return panView(view, shift(x, frame.width), shift(y, frame.height))
}
