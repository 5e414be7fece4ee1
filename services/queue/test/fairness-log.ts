import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { z } from 'zod'
import type { QueueInstance } from './queue-instances.ts'

const admission = z.object({
  kind: z.literal('ADMITTED'),
  number: z.int(),
  sequence: z.int(),
  enteredAt: z.iso.datetime(),
  admittedAt: z.iso.datetime(),
  active: z.int(),
  maxActive: z.int().nullable(),
  admitPerSecond: z.int(),
  hash: z.string(),
})

const end = z.object({
  kind: z.enum(['NO_SHOW', 'TIME_UP']),
  number: z.int(),
  sequence: z.int(),
  admittedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  allowedMs: z.int(),
  hash: z.string(),
})

const answer = z.object({
  commitment: z.string(),
  seed: z.string().nullable(),
  draw: z.object({ entries: z.int() }).nullable(),
  log: z.object({ length: z.int(), head: z.string() }),
  entries: z.array(z.discriminatedUnion('kind', [admission, end])),
  nextFrom: z.int().nullable(),
})

/** What is published of a room's fairness, with the entries of the log from a number on, or none. */
export async function readFairness(
  instance: QueueInstance,
  scheduleId: number,
  from?: number,
): Promise<z.output<typeof answer>> {
  const query = from === undefined ? '' : `?from=${from}`
  const { status, code, data } = await instance.client.call(
    'GET',
    `/queue/schedules/${scheduleId}/fairness${query}`,
  )
  if (status !== 200) throw new Error(`no fairness but ${status} ${code}`)
  return answer.parse(data)
}

/** The log of a short room, each entry as its kind and sequence. */
export async function logOf(instance: QueueInstance, scheduleId: number): Promise<string[]> {
  const { entries } = await readFairness(instance, scheduleId, 1)
  return entries.map(({ kind, sequence }) => `${kind} ${sequence}`)
}

/** Runs the checker that users run; it has no line of code in common with the service. */
export async function verifyFairness(
  instance: QueueInstance,
  scheduleId: number,
  ...args: string[]
): Promise<{ code: unknown; output: string }> {
  const url = `http://127.0.0.1:${instance.httpPort}`
  const checker = join(import.meta.dirname, '..', '..', '..', 'fairness', 'main.ts')
  const child = spawn(process.execPath, [checker, '--schedule', String(scheduleId), '--url', url, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const [code] = await once(child, 'close')
  return { code, output }
}
