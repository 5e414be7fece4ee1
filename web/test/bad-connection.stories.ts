import { expect, test } from '@jest/globals'
import type { Stage } from './stage.ts'

/** Stories in which the network or the API is not as it should be. */
export function badConnectionStories(stage: Stage): void {
  const pauseLine = (scheduleId: number, paused: boolean): Promise<unknown> =>
    stage.system.call('PATCH', `/admin/queues/${scheduleId}`, { body: { paused } })

  test('who waits without a stream is told so, and is let in all the same', async () => {
    const show = await stage.system.openShow('A broken stream', 20)
    await pauseLine(show.scheduleId, true)
    const { page, signIn, look } = await stage.open(`${show.path}/line`)
    await signIn('polls-1')
    let streams = 0
    await page.route('**/queue/tokens/me/events*', (route) => {
      streams += 1
      return route.abort()
    })
    await page.getByRole('button', { name: 'Get in line' }).click()
    await page.locator('main').getByText('Reconnecting').last().waitFor()
    await look('reconnecting')
    await pauseLine(show.scheduleId, false)
    await page.getByRole('heading', { name: 'It is your turn' }).waitFor({ timeout: 60_000 })
    expect(streams).toBeGreaterThan(0)
  })

  test('who is offline for a while keeps what is shown and the place, and goes on when back', async () => {
    const show = await stage.system.openShow('A tunnel', 20)
    await pauseLine(show.scheduleId, true)
    const { page, signIn, look, problems } = await stage.open(`${show.path}/line`)
    await signIn('offline-1')
    await page.getByRole('button', { name: 'Get in line' }).click()
    await page.getByText('The line is paused').waitFor()
    await page.context().setOffline(true)
    await page.getByText('You are offline').waitFor()
    await page.getByText('The line is paused').waitFor()
    await look('offline')
    // A page that was never opened here can't be loaded now, and is as soon as the network is back.
    await page.getByRole('link', { name: 'Wallet' }).click()
    await page.getByRole('heading', { name: /can.t be shown right now/ }).waitFor()
    await look('offline-page')
    expect(problems.splice(0).filter((problem) => !/preload|import/.test(problem))).toEqual([])
    await page.context().setOffline(false)
    await page.getByText('It holds').waitFor()
    await page.getByText('You are offline').waitFor({ state: 'detached' })
    await page.goto(`${show.path}/line`)
    await page.getByText('The line is paused').waitFor()
    await pauseLine(show.scheduleId, false)
    await page.getByRole('heading', { name: 'It is your turn' }).waitFor({ timeout: 60_000 })
  })

  test('while the API is away or answers nonsense a page says so, keeps the rest, and is whole again by a press', async () => {
    const { page, look } = await stage.open('/')
    const other = await page.context().newPage()
    await page.getByRole('heading', { name: 'First Light' }).waitFor()
    await page.route('**/api/v1/concerts/1*', (route) => route.abort())
    await page.route('**/api/v1/concerts/1/**', (route) => route.abort())
    await other.route('**/api/v1/**', (route) =>
      route.fulfill({ status: 502, contentType: 'text/html', body: '<html><h1>Bad gateway</h1></html>' }),
    )
    await page.getByRole('link', { name: /First Light/ }).click()
    await other.goto('/')
    await page
      .getByText(/We can.t reach the system/)
      .first()
      .waitFor({ timeout: 60_000 })
    await look('api-away')
    await other
      .getByText('Something between us gave an answer that is not ours')
      .first()
      .waitFor({ timeout: 60_000 })
    expect(await other.getByRole('navigation', { name: 'Main' }).isVisible()).toBe(true)
    await Promise.all([page.unrouteAll(), other.unrouteAll()])
    await page.getByRole('button', { name: 'Try again' }).first().click()
    await page.getByText('seats left').first().waitFor()
    await other.getByRole('button', { name: 'Try again' }).first().click()
    await other.getByRole('heading', { name: 'First Light' }).waitFor()
  })

  test('an address that leads nowhere is a page that says so, of whichever kind it is', async () => {
    const { page, look } = await stage.open('/no/such/page')
    const say = (text: RegExp | string) => page.locator('main').getByText(text).first().waitFor()
    await say('There is no such page')
    await look('no-such-page')
    await page.goto('/concerts/words')
    await say('There is no such page')
    await page.goto('/concerts/999999')
    await say('There is no such concert')
    await look('no-such-concert')
    await page.goto('/concerts/1/schedules/999999/line')
    await say('There is no such date')
    await page.goto('/reservations/not-a-number')
    await say('There is no such page')
  })
}
