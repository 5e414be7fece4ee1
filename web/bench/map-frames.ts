/**
 * Measures how smooth the seat map stays beside a rush: npm run bench:map-frames, while npm start runs. It starts a rush on a show of
 * 10,000 seats, gets in line there as one more fan in Chromium, and drags the map to and fro by the mouse: first beside the rush, then, on
 * the same page, when the rush is over. The difference is the rush's; what both have in common is the machine's.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { CDPSession, Page } from 'playwright-core'
import { z } from 'zod'
import { spreadOf } from '../../rush/percentiles.ts'
import { gatewayUrl } from '../../scripts/gateway-url.ts'
import { openFan, startBrowser } from '../test/fan-browser.ts'
import type { Fan } from '../test/fan-browser.ts'

const root = join(import.meta.dirname, '..', '..')
const GATEWAY = gatewayUrl(process.env)
const SEATS = 10_000
const BEGINS_WITHIN_MS = 60_000
const LET_IN_WITHIN_MS = 120_000
/** A rush ends at once when it is told to, and answers that are on their way come within this. */
const ENDS_WITHIN_MS = 30_000
/** A hand moves a mouse that tells where it is about so often. */
const MOVE_EVERY_MS = 16
const DRAG = { x: 220, y: 90, moves: 40 }
/** Frames at 60 a second are 16.7 ms apart; clocks of a page are coarse, so a little more counts as one frame. */
const LATE_MS = [17.5, 34]

const whole = (low: number, high: number) => z.coerce.number('must be a number').int().min(low).max(high)
const options = z.object({
  /** The map is dragged for so long, twice. */
  seconds: whole(2, 120),
  /** People of the rush. */
  fans: whole(1, 100_000),
  /** How many of them are let in a second. */
  'admit-per-second': whole(1, 10_000),
})
type Options = z.output<typeof options>

interface Rush {
  path: string
  isOver: () => boolean
  stop: () => Promise<void>
}

/** Starts a rush, and waits until its show is on sale. */
async function startRush(given: Options): Promise<Rush> {
  const { fans, 'admit-per-second': admitted } = given
  const numbers = { fans, seats: SEATS, 'admit-per-second': admitted, 'max-active': fans }
  const args = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)])
  const rush = spawn(process.execPath, [join(root, 'rush', 'main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(rush, 'exit')
  const isOver = (): boolean => rush.exitCode !== null || rush.signalCode !== null
  const stop = async (): Promise<void> => {
    if (isOver()) return
    rush.kill('SIGINT')
    const timer = setTimeout(() => rush.kill('SIGKILL'), ENDS_WITHIN_MS)
    await exit.finally(() => clearTimeout(timer))
  }
  try {
    let said = ''
    rush.stdout.setEncoding('utf8').on('data', (more: string) => (said = (said + more).slice(-10_000)))
    for (
      const deadline = Date.now() + BEGINS_WITHIN_MS;
      Date.now() < deadline && !isOver();
      await delay(50)
    ) {
      const scheduleId = /Rush on schedule (\d+)/.exec(said)?.[1]
      if (scheduleId !== undefined) return { path: await pathOf(Number(scheduleId)), isOver, stop }
    }
    throw new Error(`the rush did not begin: ${said}`)
  } catch (error) {
    await stop()
    throw error
  }
}

const concerts = z.object({ data: z.object({ items: z.tuple([z.object({ concertId: z.int() })]) }) })
const dates = z.object({ data: z.array(z.object({ scheduleId: z.int() })) })

/** The page of a show of the newest rush. */
async function pathOf(scheduleId: number): Promise<string> {
  const ask = async <S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> => {
    const response = await fetch(`${GATEWAY}/api/v1${path}`, { signal: AbortSignal.timeout(10_000) })
    return schema.parse(await response.json())
  }
  const { items } = (await ask('/concerts?query=Rush&limit=1', concerts)).data
  const [{ concertId }] = items
  const { data } = await ask(`/concerts/${concertId}/schedules`, dates)
  if (data.some((date) => date.scheduleId === scheduleId))
    return `/concerts/${concertId}/schedules/${scheduleId}`
  throw new Error(`concert ${concertId} is not that of schedule ${scheduleId}`)
}

/** Waits in line until the map is shown, and looks closer, so that there is something to drag. */
async function reachMap({ page }: Fan, path: string): Promise<void> {
  await page.goto(`${path}/line`)
  await page.getByRole('button', { name: 'Get in line' }).click()
  const chooses = page.getByRole('link', { name: 'Choose seats' })
  const map = page.getByRole('application')
  await chooses.or(map).first().waitFor({ timeout: LET_IN_WITHIN_MS })
  if (await chooses.isVisible()) await chooses.click()
  await map.scrollIntoViewIfNeeded()
  await page.getByRole('button', { name: 'Look closer' }).click()
}

/** Drags the map to and fro until the time is over. */
async function drag(page: Page, untilMs: number): Promise<void> {
  const box = await page.getByRole('application').boundingBox()
  if (box === null) throw new Error('the map is not shown')
  const from = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  for (let move = 1; Date.now() < untilMs; move += 1) {
    const way = Math.abs((move % (2 * DRAG.moves)) - DRAG.moves) / DRAG.moves
    const next = delay(MOVE_EVERY_MS)
    await page.mouse.move(from.x + DRAG.x * (1 - way), from.y + DRAG.y * (1 - way))
    await next
  }
  await page.mouse.up()
}

interface Frames {
  /** Between two frames, in ms. */
  gaps: number[]
  /** How often what is left of a grade was shown anew. */
  changes: number
}

/** Notes in the page when its frames are drawn, and how often the legend tells of other seats. */
function noteFrames(page: Page, ms: number): Promise<Frames> {
  return page.evaluate(
    (lastsMs) =>
      new Promise<Frames>((resolve) => {
        let changes = 0
        const observer = new MutationObserver(() => (changes += 1))
        const legend = document.querySelector('[role="application"]')?.closest('section')
        if (legend) observer.observe(legend, { characterData: true, subtree: true })
        const gaps: number[] = []
        let before: number | undefined
        const end = performance.now() + lastsMs
        const note = (now: number): void => {
          if (before !== undefined) gaps.push(now - before)
          before = now
          if (now < end) requestAnimationFrame(note)
          else {
            observer.disconnect()
            resolve({ gaps, changes })
          }
        }
        requestAnimationFrame(note)
      }),
    ms,
  )
}

/** CPU seconds that the page's main thread has used, in all and in scripts. */
async function readWork(session: CDPSession): Promise<{ all: number; scripts: number }> {
  const { metrics } = await session.send('Performance.getMetrics')
  const at = (wanted: string): number => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN
  return { all: at('TaskDuration'), scripts: at('ScriptDuration') }
}

async function measure(page: Page, session: CDPSession, seconds: number): Promise<string> {
  const before = await readWork(session)
  const frames = noteFrames(page, seconds * 1_000)
  await drag(page, Date.now() + seconds * 1_000)
  const { gaps, changes } = await frames
  const after = await readWork(session)
  const spread = spreadOf(gaps)
  if (spread === undefined) throw new Error('the page drew no frames')
  const late = LATE_MS.map((ms) => gaps.filter((gap) => gap > ms).length / gaps.length)
  const [one = 0, two = 0] = late.map((share) => share * 100)
  const perSecond = (used: number): string => ((used * 1_000) / seconds).toFixed(0)
  return [
    `${gaps.length} frames in ${seconds} s; ms from one to the next: p50 ${spread.p50.toFixed(1)}, p95 ${spread.p95.toFixed(1)}, p99 ${spread.p99.toFixed(1)}, most ${spread.max.toFixed(1)}`,
    `  later than 16.7 ms: ${one.toFixed(1)} %, than 33 ms: ${two.toFixed(1)} %`,
    `  CPU of the page's main thread: ${perSecond(after.all - before.all)} ms a second, ${perSecond(after.scripts - before.scripts)} of them in scripts; what is left was shown anew ${changes} times`,
  ].join('\n')
}

async function run(given: Options): Promise<void> {
  const browser = await startBrowser()
  try {
    const fan = await openFan(browser, { baseURL: GATEWAY })
    const { page, signIn } = fan
    await page.goto('/wallet')
    await signIn(`map-${Date.now().toString(36)}`)
    await page.getByText('It holds').waitFor()
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.setTimeDomain', { timeDomain: 'threadTicks' })
    await session.send('Performance.enable')
    const rush = await startRush(given)
    try {
      await reachMap(fan, rush.path)
      const beside = await measure(page, session, given.seconds)
      console.log(`Beside the rush${rush.isOver() ? ', which ended before the measurement' : ''}: ${beside}`)
    } finally {
      await rush.stop()
    }
    console.log(`The same page without it: ${await measure(page, session, given.seconds)}`)
  } finally {
    await browser.close()
  }
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    fans: { type: 'string', default: '2000' },
    'admit-per-second': { type: 'string', default: '100' },
  },
})
await run(options.parse(values))
