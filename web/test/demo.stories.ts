import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import type { Fan } from './fan-browser.ts'
import type { Show } from './running-system.ts'
import type { Stage } from './stage.ts'

const PROGRAM = join(import.meta.dirname, '..', '..', 'rush', 'demo.ts')
/** The pictures of the readme show the line that the readme speaks of; else a shorter one says as much. */
const IS_FOR_README = process.env['UPDATE_SCREENSHOTS'] !== undefined
const CROWD = IS_FOR_README ? { fans: 300, waitSeconds: 30 } : { fans: 30, waitSeconds: 5 }
const LET_IN_WITHIN_MS = 120_000

/** The operator's screen of this sale. */
async function openConsole(stage: Stage, { scheduleId }: Show): Promise<Fan> {
  const viewport = { width: 1280, height: 800 }
  const operator = await stage.open(`/console/on-sales/${scheduleId}`, { viewport })
  await operator.signIn('admin')
  return operator
}

/** The story of `npm run demo`, on the demo's large show. */
export function demoStories(stage: Stage, show: Show): void {
  test('under the demo a fan waits in a real line, is let in and sees the map change, and the room is as before when it ends', async () => {
    const room = (): Promise<unknown> => stage.system.call('GET', `/admin/queues/${show.scheduleId}`)
    const before = await room()
    const pauseLine = (paused: boolean): Promise<unknown> =>
      stage.system.call('PATCH', `/admin/queues/${show.scheduleId}`, { body: { paused } })
    const args = ['--fans', String(CROWD.fans), '--wait-seconds', String(CROWD.waitSeconds)]
    const demo = spawn(process.execPath, [PROGRAM, ...args], {
      env: stage.system.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said: string[] = []
    demo.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text))
    const ended = once(demo, 'exit')
    try {
      // Its plots are as long as the fan's way to the seats.
      const operator = IS_FOR_README ? await openConsole(stage, show) : undefined
      const { page, signIn, picture } = await stage.open(`${show.path}/line`)
      await signIn('demo-1')
      await eventually(() => expect(said.join('')).toContain(show.path), { withinMs: 120_000 })
      // A line of some seconds may be over before a slow machine has shown it; it stands still until it was seen.
      if (!IS_FOR_README) await pauseLine(true)
      await eventually(
        async () => {
          const { waiting } = Object(await room())
          expect(waiting).toBeGreaterThan(CROWD.fans / 2)
        },
        { withinMs: 60_000 },
      )
      await page.getByRole('button', { name: 'Get in line' }).click()
      await page.getByText('people ahead of you').waitFor()
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
      await picture('seat-map')
      await operator?.picture('console')
    } finally {
      demo.kill('SIGINT')
      await ended
    }
    expect(await ended).toEqual([0, null])
    const { maxActive, admitPerSecond } = Object(before)
    expect(await room()).toMatchObject({ maxActive, admitPerSecond })
  })
}
