/** A browser that does not let a page be heard leaves `resume` open for ever. */
const HEARD_WITHIN_MS = 500

/** Plays two soft notes, where the browser allows a page to be heard; it does not where nobody has pressed anything in it yet. Never throws. */
export function chime(): void {
  void play().catch(() => undefined) // Without a sound device there is no chime, and the page says the same.
}

async function play(): Promise<void> {
  const audio = new AudioContext()
  try {
    const { promise: deadline, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, HEARD_WITHIN_MS)
    await Promise.race([audio.resume(), deadline]).finally(() => clearTimeout(timer))
    if (audio.state === 'running') await playNotes(audio)
  } finally {
    await audio.close()
  }
}

/** Resolves when the last note has ended. */
async function playNotes(audio: AudioContext): Promise<void> {
  const volume = new GainNode(audio, { gain: 0 })
  volume.connect(audio.destination)
  const { promise: end, resolve } = Promise.withResolvers<void>()
  for (const [at, frequency] of [
    [0, 659],
    [0.25, 880],
  ] as const) {
    const note = new OscillatorNode(audio, { frequency })
    note.connect(volume)
    volume.gain.setTargetAtTime(0.15, audio.currentTime + at, 0.02)
    volume.gain.setTargetAtTime(0, audio.currentTime + at + 0.12, 0.06)
    note.start(audio.currentTime + at)
    note.stop(audio.currentTime + at + 0.5)
    if (at > 0) note.addEventListener('ended', () => resolve())
  }
  await end
}
