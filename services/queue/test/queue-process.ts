import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '@frontrow/local-stack/ports'
import { startProcess } from '@frontrow/local-stack/process'
import type { RunningProcess } from '@frontrow/local-stack/process'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { QueueClient } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** A queue service in a process of its own, which the test can kill. */
export interface QueueProcess {
  client: QueueClient
  process: RunningProcess
  /** Kills it, where it runs still, and removes its files. */
  dispose(): Promise<void>
}

/** Starts one and waits until it is ready. */
export async function startQueueProcess(
  environment: TestEnvironment,
  catalog: StandInCatalog,
  change: Record<string, string> = {},
): Promise<QueueProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'frontrow-queue-process-'))
  const [http = 0, grpc = 0, ops = 0] = await freePorts(3)
  const running = await startProcess({
    name: 'queue',
    command: process.execPath,
    args: [MAIN],
    env: {
      ...environment.serviceEnv('queue'),
      // Options of the test's own process are not for this one.
      NODE_OPTIONS: '',
      CATALOG_GRPC: catalog.address,
      HTTP_PORT: String(http),
      GRPC_PORT: String(grpc),
      OPS_PORT: String(ops),
      ...change,
    },
    logFile: join(folder, 'queue.log'),
    pidFile: join(folder, 'queue.pid'),
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 10_000,
    readyDeadlineMs: 120_000,
    isReady: () => isReady(ops),
  })
  return {
    client: new QueueClient({ ports: { http, grpc, ops } }),
    process: running,
    async dispose() {
      running.kill()
      await running.exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function isReady(opsPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${opsPort}/health/ready`)).status === 200
  } catch {
    // Nobody listens yet.
    return false
  }
}
