/**
 * What requests without a token cost: CPU of all processes of a system that npm start runs on this machine, a request.
 *   DATA_DIR=/tmp/fr PORT=8080 node bench/public-routes.ts
 * Loopback has no limit by address, so that as many are sent as a measurement needs. Each request has another query, id or page where that
 * keeps it from being answered by the gateway's cache; the answers that are kept are measured as well.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCpuMs } from './process-cpu.ts'
import { publicRoutes } from './public-routes-limits.ts'

const REQUESTS = Number(process.env['REQUESTS'] ?? '1500')
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

/** The ms of all processes since they began, whose idle work of some ms a second is small beside what is measured. */
function cpuMs(): number {
  return [...readCpuMs(pids).values()].reduce((sum, ms) => sum + ms, 0)
}

async function costOf(path: string, method: string): Promise<{ ms: number; statuses: Map<number, number> }> {
  const statuses = new Map<number, number>()
  let sent = 0
  const send = async (): Promise<void> => {
    while (sent < REQUESTS) {
      sent += 1
      const answer = await fetch(url + path.replace('#', String(sent)), { method })
      await answer.arrayBuffer()
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    }
  }
  const before = cpuMs()
  await Promise.all(Array.from({ length: AT_ONCE }, send))
  return { ms: (cpuMs() - before) / REQUESTS, statuses }
}

for (const route of publicRoutes) {
  const { ms, statuses } = await costOf(route.path, route.method ?? 'GET')
  const seen = [...statuses].map(([status, count]) => `${count} of ${status}`).join(', ')
  const core = (ms * route.perSecond) / 10
  console.log(
    `${ms.toFixed(3)} ms  ${core.toFixed(2).padStart(6)} % of a core at ${route.perSecond}/s  ${route.what} (${seen})`,
  )
}
