import type { Measurements } from './measurements.ts'

const REWRITE_MS = 250
const LINE_MS = 5_000

/** The state of a run as one line. */
export function progressLine(measurements: Measurements, fans: number, elapsedMs: number): string {
  const { count, now, interruptions } = measurements
  const interrupted = [...interruptions.values()].reduce((sum, times) => sum + times, 0)
  return [
    `${(elapsedMs / 1_000).toFixed(0).padStart(4)} s`,
    `arrived ${count.arrived}/${fans}`,
    `waiting ${now.waiting}`,
    `active ${now.active}`,
    `held ${now.held}`,
    `sold ${count.soldSeats}`,
    `retried ${interrupted}`,
    `errors ${measurements.unexpectedCount}`,
  ].join('  ')
}

/** Shows a line until the returned function is called: on a terminal it rewrites it, elsewhere it adds one every 5 s. */
export function showProgress(
  line: (elapsedMs: number) => string,
  out: NodeJS.WriteStream = process.stdout,
): () => void {
  const began = performance.now()
  const show = (): boolean => {
    const text = line(performance.now() - began)
    return out.write(out.isTTY ? `\r${text}\u001B[K` : `${text}\n`)
  }
  const timer = setInterval(show, out.isTTY ? REWRITE_MS : LINE_MS)
  return () => {
    clearInterval(timer)
    show()
    if (out.isTTY) out.write('\n')
  }
}
