import type { ChildProcess } from 'node:child_process'
import { eventually } from '@frontrow/test-kit/eventually'
import type { ServiceName } from '../../scripts/services.ts'

/** Ends a process of a service, if it has not ended. */
export function endProcess(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
    // A paused process is told of the signal when it goes on.
    child.kill('SIGCONT')
  })
}

/** Waits until a service is ready. */
export function answersReady(name: ServiceName, opsPort: number): Promise<void> {
  return eventually(
    async () => {
      const answer = await fetch(`http://127.0.0.1:${opsPort}/health/ready`)
      if (answer.status !== 200) throw new Error(`${name} is not ready: ${await answer.text()}`)
    },
    // All of them start at once, on a machine that may be busy.
    { withinMs: 120_000 },
  )
}

/** The metrics of a process. */
export async function scrape(opsPort: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
}
