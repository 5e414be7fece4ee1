/**
 * Measures how smooth the seat map stays beside a rush: waits for the show of the next `npm run rush`, gets in line as a fan in Chromium,
 * drags the map for a while and prints the times between two frames. By hand, while `npm start` runs:
 * node web/bench/map-frames.ts --seconds 20, then npm run rush -- --max-active 2000 --admit-per-second 500
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { openFan, startBrowser } from '../test/fan-browser.ts'

const SHOW_WITHIN_MS = 180_000
const LET_IN_WITHIN_MS = 180_000
const LOOK_EVERY_MS = 250

const options = z.object({
  seconds: z.coerce.number('must be a number').int().min(2).max(600),
  url: z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin),
})

const concerts = z.object({ data: z.object({ items: z.array(z.object({ concertId: z.int() })) }) })
const schedules = z.object({ data: z.array(z.object({ scheduleId: z.int() })) })

async function ask<S extends z.ZodType>(url: string, schema: S): Promise<z.output<S>> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  return schema.parse(await response.json())
}

/** The newest show of a rush that begins from now on. */
async function awaitRush(url: string): Promise<string> {
  const newest = async (): Promise<number> =>
    (await ask(`${url}/api/v1/concerts?query=Rush&limit=1`, concerts)).data.items[0]?.concertId ?? 0
  const before = await newest()
  for (const deadline = Date.now() + SHOW_WITHIN_MS; Date.now() < deadline; await delay(LOOK_EVERY_MS)) {
    const concertId = await newest()
    if (concertId === before) continue
    const { data } = await ask(`${url}/api/v1/concerts/${concertId}/schedules`, schedules)
    const [show] = data
    if (show !== undefined) return `/concerts/${concertId}/schedules/${show.scheduleId}`
  }
  throw new Error(`no rush began within ${SHOW_WITHIN_MS} ms`)
}

/** Drags the map to and fro, and returns the times between two frames in ms. */
async function drag(page: Page, seconds: number): Promise<number[]> {
  const map = page.locator('canvas').first()
  await map.waitFor()
  await map.scrollIntoViewIfNeeded()
  await page.getByRole('button', { name: 'Look closer' }).click()
  const frame = await map.locator('..').boundingBox()
  if (frame === null) throw new Error('the map is not shown')
  const frames = page.evaluate(
    (ms) =>
      new Promise<number[]>((resolve) => {
        const times: number[] = []
        const end = performance.now() + ms
        const note = (now: number): void => {
          times.push(now)
          if (now < end) requestAnimationFrame(note)
          else resolve(times)
        }
        requestAnimationFrame(note)
      }),
    seconds * 1_000,
  )
  const middle = { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 }
  const end = Date.now() + seconds * 1_000
  while (Date.now() < end) {
    await page.mouse.move(middle.x, middle.y)
    await page.mouse.down()
    await page.mouse.move(middle.x + 150, middle.y + 60, { steps: 30 })
    await page.mouse.move(middle.x, middle.y, { steps: 30 })
    await page.mouse.up()
  }
  const times = await frames
  return times.slice(1).map((time, index) => time - (times[index] ?? time))
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '20' },
      url: { type: 'string', default: `http://localhost:${process.env['PORT'] || '8080'}` },
    },
  })
  const { url, seconds } = options.parse(values)
  const browser = await startBrowser()
  try {
    const { page, signIn } = await openFan(browser, { baseURL: url })
    await page.goto('/wallet')
    await signIn(`map-${Date.now().toString(36)}`)
    console.log('Waiting for a rush to begin: npm run rush -- --max-active 2000 --admit-per-second 500')
    await page.goto(`${await awaitRush(url)}/line`)
    await page.getByRole('button', { name: 'Get in line' }).click()
    const chooses = page.getByRole('link', { name: 'Choose seats' })
    const map = page.locator('canvas').first()
    await chooses.or(map).first().waitFor({ timeout: LET_IN_WITHIN_MS })
    if (await chooses.isVisible()) await chooses.click()
    const left = page.getByText(/ left$/).first()
    await left.waitFor()
    const leftBefore = await left.innerText()
    const gaps = (await drag(page, seconds)).toSorted((a, b) => a - b)
    const at = (share: number): string => (gaps[Math.floor((gaps.length - 1) * share)] ?? 0).toFixed(1)
    console.log(
      `${gaps.length} frames in ${seconds} s; ms between two: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, worst ${at(1)}`,
    )
    console.log(`The first grade had ${leftBefore} before and ${await left.innerText()} after.`)
  } finally {
    await browser.close()
  }
}

await main()
