/** Reads the text of a QR code in what a video shows at the moment; undefined where there is none. */
export type ReadQr = (video: HTMLVideoElement) => Promise<string | undefined>

interface Detector {
  detect: (source: HTMLVideoElement) => Promise<{ rawValue: string }[]>
}

declare global {
  /** Browsers of some systems have it; TypeScript's types don't yet. */
  var BarcodeDetector:
    | {
        new (options: { formats: string[] }): Detector
        getSupportedFormats: () => Promise<string[]>
      }
    | undefined
}

/** Pictures are read no larger than this: enough for a ticket across the frame, and a fraction of the work. */
const READ_SIZE_MAX_PX = 720

/** The browser's own reader where it has one, else one that is loaded now. */
export async function openQrReader(): Promise<ReadQr> {
  const own = globalThis.BarcodeDetector
  const formats = (await own?.getSupportedFormats().catch(() => [])) ?? []
  if (own !== undefined && formats.includes('qr_code')) {
    const detector = new own({ formats: ['qr_code'] })
    return async (video) => (await detector.detect(video))[0]?.rawValue
  }
  const { decodeQR } = await import('qr/decode.js')
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) throw new Error('the browser draws no pictures')
  return async (video) => {
    const scale = Math.min(1, READ_SIZE_MAX_PX / Math.max(video.videoWidth, video.videoHeight))
    canvas.width = Math.round(video.videoWidth * scale)
    canvas.height = Math.round(video.videoHeight * scale)
    context.drawImage(video, 0, 0, canvas.width, canvas.height)
    const picture = context.getImageData(0, 0, canvas.width, canvas.height)
    try {
      return decodeQR(picture)
    } catch {
      // It throws where it finds none, which is most of the time.
      return undefined
    }
  }
}
