import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { chromiumProgram, doubleClickOver, openFan, startBrowser } from './fan-browser.ts'
import type { Fan } from './fan-browser.ts'
import { checkedJoins, joinCheckStories } from './join-check.stories.ts'
import { realCardStories } from './real-card.stories.ts'
import { startSystem } from './running-system.ts'
import type { RunningSystem } from './running-system.ts'
import type { Stage } from './stage.ts'
import { startStripe } from './stripe-stand-in.ts'
import type { StripeStandIn } from './stripe-stand-in.ts'

/** The smaller of the demo's schedules, with 50 seats. */
const scheduleId = 1
const LINE = `/concerts/1/schedules/${scheduleId}/line`
const CONSOLE = `/console/on-sales/${scheduleId}`
const SCREEN = { width: 1280, height: 800 }
/** A waiting fan sees a pause within 2 s; a machine that does something else besides has ten times as long. */
const SEEN_WITHIN_MS = 20_000

const described =
  chromiumProgram === undefined
    ? describe.skip.bind(
        describe,
        'the console in a browser (skipped: no Chromium here; apt-get install chromium, or set CHROMIUM)',
      )
    : describe.bind(describe, 'the console in a browser')

described(() => {
  let system: RunningSystem
  let browser: Browser
  let stripe: StripeStandIn
  const people: Fan[] = []

  beforeAll(async () => {
    // This system takes real cards; the one of the other stories takes the simulator's.
    stripe = await startStripe()
    const starts = await Promise.allSettled([
      // Who is let in by a call alone is never seen again, and keeps the place all the same.
      startSystem({ SHOW_UP_MS: '3600000', ...checkedJoins, ...stripe.settings }).then(
        (started) => (system = started),
      ),
      startBrowser().then((started) => (browser = started)),
    ])
    for (const start of starts) if (start.status === 'rejected') throw start.reason
  })

  afterEach(async () => {
    const left = people.splice(0)
    for (const person of left) await person.leave()
    for (const person of left) expect(person.problems).toEqual([])
  })

  afterAll(async () => {
    await browser?.close()
    await system?.stop()
    await stripe?.stop()
  })

  const open = async (path: string, options: BrowserContextOptions = {}): Promise<Fan> => {
    const person = await openFan(browser, { baseURL: system.url, viewport: SCREEN, ...options })
    people.push(person)
    await person.page.goto(path)
    return person
  }

  const stage: Stage = {
    get system() {
      return system
    },
    open,
  }
  realCardStories(stage, () => stripe)
  joinCheckStories(stage)

  test('who is signed out signs in and comes back; a fan who opens the console is told why not', async () => {
    const { page, signIn, look } = await open('/console/audit')
    await page.getByText('Sign in as one of the staff').waitFor()
    await signIn('nosy-fan')
    await page.getByRole('heading', { name: 'The console is not open to you' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/console/audit')
    await page.getByText('yours (nosy-fan) has none of them').waitFor()
    await look('console-not-yours')
  })

  test('the operator pauses, and a waiting fan sees it; lets more in, and the fan is in; all of it on one screen', async () => {
    await system.call('PATCH', `/admin/queues/${scheduleId}`, { body: { maxActive: 1, paused: false } })
    await system.call('POST', '/queue/tokens', { body: { scheduleId, userId: 'first' } })
    const fan = await open(LINE)
    await fan.signIn('second')
    await fan.page.getByRole('button', { name: 'Get in line' }).click()
    await fan.page.getByText('ahead of you').or(fan.page.getByText('next')).first().waitFor()

    const { page, signIn, look } = await open('/console')
    await signIn('admin')
    await page
      .getByRole('link', { name: /First Light/ })
      .first()
      .waitFor()
    await look('console-on-sales')
    await page.goto(CONSOLE)
    await figure(page, 'Waiting', '1')
    await figure(page, 'In', '1')
    await page.getByText('The line is moving.').waitFor()

    const writes: (string | undefined)[] = []
    page.on('request', (request) => {
      if (request.method() === 'PATCH') writes.push(request.headers()['idempotency-key'])
    })
    await page.getByRole('button', { name: 'Pause the line' }).dblclick()
    await fan.page.getByText('The line is paused').waitFor({ timeout: SEEN_WITHIN_MS })
    await page.getByText('Paused: nobody is let in.').waitFor()
    expect(writes).toEqual([expect.stringMatching(/^[\w-]{36}$/)])

    const atOnce = page.getByLabel('In at once', { exact: true })
    await atOnce.fill('a few')
    await page.getByText('A whole number, please.').waitFor()
    await atOnce.fill('0')
    await page.getByText('At least 1.', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Apply' }).click()
    expect(writes).toHaveLength(1)
    await atOnce.fill('1')
    await page.getByRole('button', { name: 'More: In at once' }).click()
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('now 2', { exact: true }).waitFor()
    // Done, but the answer is lost: it is sent once more, as the same intention.
    let isCut = false
    await page.route('**/api/v1/admin/queues/*', async (route) => {
      if (isCut || route.request().method() !== 'PATCH') return route.continue()
      isCut = true
      await route.fetch()
      return route.abort('connectionreset')
    })
    await doubleClickOver(page)
    await page.getByRole('button', { name: 'Resume the line' }).click()
    await fan.page.getByRole('heading', { name: 'It is your turn' }).waitFor()
    await figure(page, 'In', '2')
    await figure(page, 'Waiting', '0')
    // The button says that it is at work until the write has its answer.
    await page.getByRole('button', { name: 'Pause the line' }).waitFor()
    expect(writes).toHaveLength(4)
    expect(new Set(writes).size).toBe(3)

    await page.getByRole('button', { name: 'Check now' }).click()
    await page.getByText(/All \d+ invariants hold/).waitFor()
    await look('console-on-sale')
    const height = await page.evaluate(() => document.documentElement.scrollHeight)
    expect(height).toBeLessThanOrEqual(SCREEN.height)
  })

  test('each role has the pages that are for it, and is told whom the rest is for', async () => {
    const pagesOf = (page: Page): Promise<string[]> =>
      page.getByRole('banner').getByRole('navigation').getByRole('link').allInnerTexts()

    const operator = await open(CONSOLE)
    await operator.signIn('operator')
    await operator.page.getByRole('button', { name: /the line$/ }).waitFor()
    expect(await pagesOf(operator.page)).toEqual(['On-sales', 'Shows'])
    const money = operator.page.getByRole('region', { name: 'Money' })
    await money.getByText('This needs the role admin or finance.').waitFor()
    await operator.look('console-of-operator')

    const finance = await open(CONSOLE)
    await finance.signIn('finance')
    await finance.page.getByText('Taken').waitFor()
    expect(await pagesOf(finance.page)).toEqual(['On-sales', 'Audit'])
    const line = finance.page.getByRole('region', { name: 'The line' })
    await line.getByText('This needs the role admin or operator.').waitFor()
    await finance.look('console-of-finance')

    const door = await open('/console')
    await door.signIn('door')
    await door.page
      .getByRole('link', { name: /First Light/ })
      .first()
      .waitFor()
    expect(await pagesOf(door.page)).toEqual(['Check-in'])
    await door.page.goto('/console/audit')
    await door.page
      .getByText('It needs the role admin or finance, and your sign-in has the role door.')
      .waitFor()
    await door.look('console-of-door')
  })

  test('while the API is away the numbers are said to be old, and since when; when it is back they are of now', async () => {
    const { page, signIn, look } = await open(CONSOLE)
    await signIn('admin')
    await figure(page, 'In', /^\d+$/)
    await page.context().setOffline(true)
    await page
      .getByText(/No answer since \d\d:\d\d:\d\d/)
      .first()
      .waitFor()
    await look('console-api-away')
    await page.context().setOffline(false)
    await page.getByText('No answer since').first().waitFor({ state: 'detached', timeout: 30_000 })
  })

  test('in Korean, dark, on 320 pixels, the console says all it says; what admins did is there', async () => {
    const { page, signIn, look } = await open(CONSOLE, {
      locale: 'ko-KR',
      colorScheme: 'dark',
      viewport: { width: 320, height: 640 },
    })
    await signIn('admin')
    await page.getByRole('button', { name: '대기열 멈추기' }).waitFor()
    await page.getByRole('img', { name: /초당 입장/ }).waitFor()
    await look('console-ko-on-sale')
    await page.getByRole('link', { name: '감사' }).click()
    await page.getByText('steerWaitingRoom').first().waitFor()
    await look('console-ko-audit')
    await page.getByRole('link', { name: '예매 현황' }).click()
    await page
      .getByRole('link', { name: /First Light/ })
      .first()
      .waitFor()
    await look('console-ko-on-sales')
  })
})

/** Waits until a number of the top row is that. */
async function figure(page: Page, name: string, value: string | RegExp): Promise<void> {
  const box = page.locator('dl > div', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) })
  await box
    .locator('strong')
    .filter({ hasText: typeof value === 'string' ? new RegExp(`^${value}$`) : value })
    .waitFor()
}
