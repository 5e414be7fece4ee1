/**
 * What requests without a token cost: CPU of all processes of a system that npm start runs on this machine, a request.
 *   DATA_DIR=/tmp/fr PORT=8080 node bench/public-routes.ts
 * Loopback has no limit by address, so that as many are sent as a measurement needs. Each request has another query, id or page where that
 * keeps it from being answered by the gateway's cache; the answers that are kept are measured as well.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readCpuMs } from './process-cpu.ts'
import { perSecond, publicRoutes } from './public-routes-limits.ts'

const REQUESTS = Number(process.env['REQUESTS'] ?? '1500')
const WARM_UP = 100
const IDLE_MS = 4_000
const AT_ONCE = 8
const url = `http://127.0.0.1:${process.env['PORT'] ?? '8080'}`
const dataFolder = process.env['DATA_DIR'] ?? '.frontrow'

const runFolder = join(dataFolder, 'run')
const pids = Object.fromEntries(
  readdirSync(runFolder)
    .filter((file) => file.endsWith('.pid') && file !== 'frontrow.pid')
    .map((file) => [
      file.replace('.pid', ''),
      Number.parseInt(readFileSync(join(runFolder, file), 'utf8'), 10),
    ]),
)

/** The ms of all processes since they began. */
function cpuMs(): number {
  return [...readCpuMs(pids).values()].reduce((sum, ms) => sum + ms, 0)
}

const statuses = new Map<number, number>()
let number = 0

async function send(count: number, path: string, method: string): Promise<void> {
  let left = count
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      number += 1
      const answer = await fetch(url + path.replace('#', String(number)), { method })
      await answer.arrayBuffer()
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
}

/** What the system uses while nobody asks, in ms a ms. */
async function idleShare(): Promise<number> {
  const [before, began] = [cpuMs(), performance.now()]
  await delay(IDLE_MS)
  return (cpuMs() - before) / (performance.now() - began)
}

const idle = await idleShare()
console.log(`at rest: ${(idle * 100).toFixed(1)} % of a core`)
for (const { path, method = 'GET' } of publicRoutes) await send(WARM_UP, path, method)
for (const route of publicRoutes) {
  statuses.clear()
  const [before, began] = [cpuMs(), performance.now()]
  await send(REQUESTS, route.path, route.method ?? 'GET')
  const ms = (cpuMs() - before - idle * (performance.now() - began)) / REQUESTS
  const seen = [...statuses].map(([status, count]) => `${count} of ${status}`).join(', ')
  const core = (ms * perSecond[route.limit]) / 10
  console.log(
    `${ms.toFixed(3)} ms  ${core.toFixed(2).padStart(6)} % of a core at ${perSecond[route.limit]}/s  ${route.what} (${seen})`,
  )
}
