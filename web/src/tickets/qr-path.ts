import { encode } from 'uqr'

/** A QR code as one path over squares of 1: `size` of them a side, the quiet zone included. */
export interface QrPath {
  size: number
  path: string
}

/** Readers want four light squares around the code. */
const QUIET_ZONE = 4

/** Draws a text as a QR code. Error correction M reads through a scratch and a thumb's edge, and a ticket's code stays coarse enough for a phone. */
export function qrPath(text: string): QrPath {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_ZONE })
  // Dark squares side by side are one rectangle: some 900 of them in place of 1,600.
  const path = data
    .flatMap((row, y) => runsOf(row).map(({ from, length }) => `M${from} ${y}h${length}v1h-${length}z`))
    .join('')
  return { size, path }
}

function runsOf(row: readonly boolean[]): { from: number; length: number }[] {
  const runs: { from: number; length: number }[] = []
  for (const [x, isDark] of row.entries()) {
    const last = runs.at(-1)
    if (!isDark) continue
    if (last !== undefined && last.from + last.length === x) last.length += 1
    else runs.push({ from: x, length: 1 })
  }
  return runs
}
