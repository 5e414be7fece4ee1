import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { Note } from '../../parts/Note.tsx'
import { useWords } from '../../use-words.ts'
import { openQrReader } from './read-qr.ts'
import { seeCode, sawNothing } from './seen-code.ts'
import type { Seen } from './seen-code.ts'
import styles from './CheckIn.module.css'

const READ_EVERY_MS = 150
/** A reader that fails so often in a row, for some 3 s, does not work; one picture may fail, such as while the phone is turned. */
const FAILURES_MAX = 20

type Trouble = 'insecure' | 'denied' | 'none' | 'failed' | 'ended'

/** What the camera sees, with each ticket told once for as long as it is held there. */
export function Camera({ onCode }: { onCode: (code: string) => void }) {
  const { t } = useWords()
  const video = useRef<HTMLVideoElement>(null)
  const [trouble, setTrouble] = useState<Trouble>()
  const tell = useEffectEvent(onCode)
  useEffect(() => {
    const element = video.current
    if (element === null) return
    const ending = new AbortController()
    watch(element, ending.signal, (code) => tell(code)).catch((error: unknown) => {
      if (!ending.signal.aborted) setTrouble(troubleOf(error))
    })
    return () => ending.abort()
  }, [])
  if (trouble !== undefined) return <Note kind="bad">{t(`camera.${trouble}`)}</Note>
  return <video ref={video} className={styles['camera']} muted playsInline aria-label={t('camera.label')} />
}

/** Shows the camera and reads it until the signal aborts; then the camera is off. */
async function watch(
  video: HTMLVideoElement,
  signal: AbortSignal,
  onCode: (code: string) => void,
): Promise<void> {
  // Browsers leave it out where the page did not come by https.
  if (!('mediaDevices' in navigator)) throw new DOMException('no camera here', 'SecurityError')
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  try {
    const read = await openQrReader()
    video.srcObject = stream
    await video.play()
    let seen: Seen = sawNothing
    let failures = 0
    while (!signal.aborted) {
      // The system takes it away where another app wants it, or where it is unplugged.
      if (stream.getTracks().some(({ readyState }) => readyState === 'ended'))
        throw new DOMException('the camera has ended', 'AbortError')
      let code: string | undefined
      try {
        code = await read(video)
        failures = 0
      } catch (error) {
        failures += 1
        if (failures >= FAILURES_MAX) throw error
      }
      const { isNew, seen: next } = seeCode(seen, code, performance.now())
      seen = next
      if (isNew && code !== undefined && !signal.aborted) onCode(code)
      await new Promise((resolve) => setTimeout(resolve, READ_EVERY_MS))
    }
  } finally {
    for (const track of stream.getTracks()) track.stop()
    video.srcObject = null
  }
}

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof DOMException)) return 'failed'
  if (error.name === 'SecurityError') return 'insecure'
  if (error.name === 'NotAllowedError') return 'denied'
  if (error.name === 'AbortError') return 'ended'
  return error.name === 'NotFoundError' || error.name === 'OverconstrainedError' ? 'none' : 'failed'
}
