/** Plays two soft notes, where the browser allows a page to be heard; it does not where nobody has pressed anything in it yet. */
export function chime(): void {
  const audio = new AudioContext()
  if (audio.state !== 'running') {
    void audio.close()
    return
  }
  const volume = new GainNode(audio, { gain: 0 })
  volume.connect(audio.destination)
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
    if (at > 0) note.addEventListener('ended', () => void audio.close())
  }
}
