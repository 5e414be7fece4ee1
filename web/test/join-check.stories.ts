import { expect, test } from '@jest/globals'
import type { Stage } from './stage.ts'

/** What a system is started with whose joins are checked: some 16,000 hashes, which is a tenth of the work of the default. */
export const checkedJoins = {
  JOIN_CHECK: 'proof-of-work',
  JOIN_CHECK_DIFFICULTY: '14',
  JOIN_CHECK_SECRET: 'a-secret-that-only-these-stories-know-0123456789',
}

const JOIN = '**/api/v1/queue/tokens'
const CHALLENGE = '**/api/v1/queue/schedules/*/challenge'

/** Stories of a line that keeps robots out. */
export function joinCheckStories(stage: Stage): void {
  test('one press of a key passes the check at the join: a worker does it, the page says so meanwhile, and one join is sent', async () => {
    const show = await stage.system.openShow('No robots', 20)
    const { page, signIn, look } = await stage.open(`${show.path}/line`)
    await signIn('no-robot-1')
    const workers: string[] = []
    page.on('worker', (worker) => workers.push(worker.url()))
    const { promise: seen, resolve: go } = Promise.withResolvers<void>()
    const joins: { checkAnswer?: string }[] = []
    await page.route(JOIN, async (route) => {
      joins.push(route.request().postDataJSON())
      await seen
      return route.continue()
    })
    await page.getByRole('button', { name: 'Get in line' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('status').filter({ hasText: 'Your browser shows that it is no robot' }).waitFor()
    // Who uses the keyboard or a screen reader is still at the button, which says that it is at work.
    await page.locator('button[aria-disabled="true"]:focus').waitFor()
    await look('join-check')
    go()
    await page.getByRole('button', { name: 'Hold 2 seats' }).waitFor()
    expect(joins).toEqual([expect.objectContaining({ checkAnswer: expect.stringMatching(/\.\d+$/) })])
    expect(workers).toEqual([expect.stringContaining('find-proof')])
  })

  test('who does not pass the check, or finds it away, is told what to do, and gets in line by the next press', async () => {
    const show = await stage.system.openShow('Once more', 20)
    const { page, signIn, look } = await stage.open(`${show.path}/line`)
    await signIn('no-robot-2')
    const join = page.getByRole('button', { name: 'Get in line' })
    // Less work than the challenge asks for.
    await page.route(CHALLENGE, async (route) => {
      const response = await route.fetch()
      const answer: unknown = await response.json()
      const { data } = Object(answer)
      return route.fulfill({ response, json: { ...Object(answer), data: { ...data, difficulty: 1 } } })
    })
    await join.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'Press the button again for a new one.' }).waitFor()
    await look('join-check-failed')
    await page.unrouteAll()
    // As the service answers while the provider of a check is away and JOIN_CHECK_WHEN_AWAY is closed.
    await page.route(JOIN, (route) => {
      const message = 'the check at the join does not answer; try again'
      const error = { code: 'UNAVAILABLE', message, details: null, requestId: 'r' }
      return route.fulfill({ status: 503, headers: { 'retry-after': '5' }, json: { success: false, error } })
    })
    await join.press('Enter')
    await page
      .getByRole('alert')
      .filter({ hasText: 'Nothing you have is lost; try again shortly.' })
      .waitFor()
    await page.unrouteAll()
    await join.press('Enter')
    await page.getByRole('button', { name: 'Hold 2 seats' }).waitFor()
  })
}
