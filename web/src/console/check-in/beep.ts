/** One high note for who may go in, two low ones for all else. Where the browser has no sound there is none; the screen says the same. */
export function beep(isGood: boolean): void {
  const audio = new AudioContext()
  const notes = isGood ? [{ at: 0, frequency: 880 }] : [0, 0.2].map((at) => ({ at, frequency: 220 }))
  const volume = new GainNode(audio, { gain: 0.2 })
  volume.connect(audio.destination)
  let left = notes.length
  for (const { at, frequency } of notes) {
    const note = new OscillatorNode(audio, { frequency })
    note.connect(volume)
    note.start(audio.currentTime + at)
    note.stop(audio.currentTime + at + 0.15)
    note.addEventListener('ended', () => {
      left -= 1
      // Browsers allow a page few of them at once.
      if (left === 0) void audio.close()
    })
  }
}
