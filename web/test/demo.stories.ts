import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import type { Page } from 'playwright-core'
import type { Fan } from './fan-browser.ts'
import type { Show } from './running-system.ts'
import type { Stage } from './stage.ts'

const PROGRAM = join(import.meta.dirname, '..', '..', 'rush', 'demo.ts')
/** The pictures of the readme show the line that the readme speaks of; else a shorter one says as much. */
const IS_FOR_README = process.env['UPDATE_SCREENSHOTS'] !== undefined
const CROWD = IS_FOR_README ? { fans: 300, waitSeconds: 30 } : { fans: 30, waitSeconds: 5 }
const LET_IN_WITHIN_MS = 120_000
/** The pictures show a sale that has gone on for some minutes. */
const SOLD_IN_PICTURES = 120
const SOLD_WITHIN_MS = 400_000
const STORY_MS = IS_FOR_README ? 600_000 : 180_000

/** The operator's screen of this sale. */
async function openConsole(stage: Stage, { scheduleId }: Show): Promise<Fan> {
  const viewport = { width: 1280, height: 800 }
  const operator = await stage.open(`/console/on-sales/${scheduleId}`, { viewport })
  await operator.signIn('admin')
  return operator
}

/** Waits until the bar of the waiting page has come a part of its way. */
async function awaitBar(page: Page, percent: number): Promise<void> {
  const bar = page.getByRole('progressbar')
  await eventually(async () => expect(await bar.evaluate(shownPercent)).toBeGreaterThanOrEqual(percent), {
    withinMs: LET_IN_WITHIN_MS,
  })
}

function shownPercent(bar: Element): number {
  return bar instanceof HTMLProgressElement ? bar.value : Number.NaN
}

/** Chooses two seats of the middle of a section, and puts the map in sight. */
async function chooseSeats(page: Page): Promise<void> {
  await page.getByText('Section Circle').click()
  const rows = page.getByRole('group', { name: /^Row / })
  await rows.first().waitFor()
  const row = rows.nth(Math.floor((await rows.count()) / 2))
  // Of those that the crowd has left.
  const free = row.getByRole('checkbox', { name: /^Seat \d+$/ })
  const middle = Math.floor((await free.count()) / 2)
  for (const place of [middle - 1, middle]) await free.nth(place).check({ force: true })
  const heading = page.getByRole('heading', { name: 'Choose seats yourself' })
  await heading.evaluate((element) => element.scrollIntoView())
}

/** Waits until so many seats are sold that the readme's pictures have something to show. */
async function awaitSales({ system }: Stage, { scheduleId }: Show): Promise<void> {
  const soldSeats = async (): Promise<number> => {
    const { states } = Object(await system.call('GET', `/admin/schedules/${scheduleId}/seats/states`))
    return String(states).split('S').length - 1
  }
  await eventually(async () => expect(await soldSeats()).toBeGreaterThan(SOLD_IN_PICTURES), {
    withinMs: SOLD_WITHIN_MS,
    everyMs: 1_000,
  })
}

/** Makes the readme's pictures of a sale: the map of a fan who chooses seats, and the operator's screen. */
async function takePictures(fan: Fan, operator: Fan): Promise<void> {
  await chooseSeats(fan.page)
  await fan.picture('seat-map')
  await operator.page.getByRole('button', { name: 'Check now' }).click()
  await operator.page.getByText(/All \d+ invariants hold/).waitFor()
  await operator.picture('console')
}

/** Starts the demo; `said` is what it has printed. */
function startDemo({ system }: Stage): { said: () => string; end: () => Promise<unknown> } {
  const args = ['--fans', String(CROWD.fans), '--wait-seconds', String(CROWD.waitSeconds)]
  const demo = spawn(process.execPath, [PROGRAM, ...args], {
    env: system.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  demo.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(demo, 'exit')
  return {
    said: () => said,
    end: () => {
      demo.kill('SIGINT')
      return ended
    },
  }
}

/** A fan's way through the demo's line to a map that changes. */
async function goThroughLine(stage: Stage, show: Show, said: () => string): Promise<void> {
  const room = `/admin/queues/${show.scheduleId}`
  const pauseLine = (paused: boolean): Promise<unknown> =>
    stage.system.call('PATCH', room, { body: { paused } })
  // Its plots are as long as the fan's way to the seats.
  const operator = IS_FOR_README ? await openConsole(stage, show) : undefined
  const fan = await stage.open(`${show.path}/line`)
  const { page, signIn, picture } = fan
  await signIn('demo-1')
  await eventually(() => expect(said()).toContain(show.path), { withinMs: 120_000 })
  // A line of some seconds may be over before a slow machine has shown it; it stands still until it was seen.
  if (!IS_FOR_README) await pauseLine(true)
  await eventually(async () => {
    const { waiting } = Object(await stage.system.call('GET', room))
    expect(waiting).toBeGreaterThan(CROWD.fans / 2)
  })
  // Before the fan is in, since a place lasts for five minutes.
  if (IS_FOR_README) await awaitSales(stage, show)
  await page.getByRole('button', { name: 'Get in line' }).click()
  await page.getByText('people ahead of you').waitFor()
  if (IS_FOR_README) await awaitBar(page, 30)
  await picture('waiting-room')
  await pauseLine(false)
  await page.getByRole('link', { name: 'Choose seats' }).click({ timeout: LET_IN_WITHIN_MS })
  await page.locator('canvas').first().scrollIntoViewIfNeeded()
  const left = page.getByText(/^\d+ left$/)
  await left.first().waitFor()
  const seen = (await left.allInnerTexts()).join()
  await eventually(async () => expect((await left.allInnerTexts()).join()).not.toBe(seen), {
    withinMs: LET_IN_WITHIN_MS,
  })
  if (operator !== undefined) await takePictures(fan, operator)
}

/** The story of `npm run demo`, on the demo's large show. */
export function demoStories(stage: Stage, show: Show): void {
  test(
    'under the demo a fan waits in a real line, is let in and sees the map change, and the room is as before when it ends',
    async () => {
      const room = (): Promise<unknown> => stage.system.call('GET', `/admin/queues/${show.scheduleId}`)
      const { maxActive, admitPerSecond } = Object(await room())
      const { said, end } = startDemo(stage)
      try {
        await goThroughLine(stage, show, said)
      } finally {
        await end()
      }
      expect(await end()).toEqual([0, null])
      expect(await room()).toMatchObject({ maxActive, admitPerSecond })
    },
    STORY_MS,
  )
}
