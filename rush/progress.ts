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

/** Shows progress until the returned function is called: on a terminal it rewrites one line, elsewhere it adds one every 5 s. */
export function showProgress(
  measurements: Measurements,
  fans: number,
  out: NodeJS.WriteStream = process.stdout,
): () => void {
  const began = performance.now()
  const line = (): string => progressLine(measurements, fans, performance.now() - began)
  const show = (): boolean => out.write(out.isTTY ? `\r${line()}\u001B[K` : `${line()}\n`)
  const timer = setInterval(show, out.isTTY ? REWRITE_MS : LINE_MS)
  return () => {
    clearInterval(timer)
    show()
    if (out.isTTY) out.write('\n')
  }
}
