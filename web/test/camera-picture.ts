import { writeFileSync } from 'node:fs'
import { encodeQR } from 'qr'

const WIDTH = 640
const HEIGHT = 480
const WHITE = 235
const BLACK = 16
/** No colour. */
const GREY = 128

/** Writes a video (YUV4MPEG2, one picture) of a QR code, which Chromium shows in place of a camera. */
export function writeCameraPicture(path: string, text: string): void {
  const modules = encodeQR(text, 'raw', { ecc: 'low', border: 4 })
  const scale = Math.floor(HEIGHT / modules.length)
  const side = modules.length * scale
  const [left, top] = [Math.floor((WIDTH - side) / 2), Math.floor((HEIGHT - side) / 2)]
  const brightness = Buffer.alloc(WIDTH * HEIGHT, WHITE)
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const isDark = modules[Math.floor(y / scale)]?.[Math.floor(x / scale)] === true
      if (isDark) brightness[(top + y) * WIDTH + left + x] = BLACK
    }
  }
  const colour = Buffer.alloc((WIDTH * HEIGHT) / 2, GREY)
  const header = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`)
  writeFileSync(path, Buffer.concat([header, Buffer.from('FRAME\n'), brightness, colour]))
}
