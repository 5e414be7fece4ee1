import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from '@jest/globals'
import { freePorts } from '@frontrow/local-stack/ports'
import { eventually } from '@frontrow/test-kit/eventually'
import { instanceEnv } from './running-service.ts'
import type { RunningService } from './running-service.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** An instance in a process of its own that can be killed, as kill -9 does. */
export async function startReservationProcess(
  running: RunningService,
  env: Record<string, string>,
): Promise<{ port: number; kill: () => Promise<void> }> {
  const [port = 0] = await freePorts(1)
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'],
      ...instanceEnv(running.environment, running.neighbours, { SWEEP_EVERY_MS: '100', ...env }),
      HTTP_PORT: String(port),
    },
    stdio: 'ignore',
  })
  const exited = once(child, 'exit')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  await eventually(async () => {
    expect((await running.call('1', 'GET', '/reservations', { port })).status).toBe(200)
  })
  return { port, kill }
}
