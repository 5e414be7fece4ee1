import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { chromiumProgram, openFan, startBrowser } from './fan-browser.ts'
import type { Fan } from './fan-browser.ts'
import { badConnectionStories } from './bad-connection.stories.ts'
import { demoStories } from './demo.stories.ts'
import { beginLongStories, longStories, shortLives } from './long.stories.ts'
import type { LongStories } from './long.stories.ts'
import { lostAnswerStories } from './lost-answers.stories.ts'
import { secretStories } from './secrets.stories.ts'
import { startSystem } from './running-system.ts'
import type { RunningSystem } from './running-system.ts'
import type { Stage } from './stage.ts'
import { startOutside, troubleStories } from './troubles.stories.ts'
import type { Outside } from './troubles.stories.ts'

/** The demo's schedules, which every start makes: 50 seats, and 1,000. */
const SMALL = { path: '/concerts/1/schedules/1', scheduleId: 1 }
const LARGE = { path: '/concerts/1/schedules/2', scheduleId: 2 }

const described =
  chromiumProgram === undefined
    ? describe.skip.bind(
        describe,
        'in a browser (skipped: no Chromium here; apt-get install chromium, or set CHROMIUM)',
      )
    : describe.bind(describe, 'in a browser')

function tokenOf(place: unknown): string {
  if (typeof place === 'object' && place !== null && 'token' in place && typeof place.token === 'string')
    return place.token
  throw new Error(`no place: ${JSON.stringify(place)}`)
}

/** Waits until the window of a page has this in its title. */
async function isTitled(page: Page, text: string): Promise<void> {
  await eventually(async () => expect(await page.title()).toContain(text))
}

described(() => {
  let system: RunningSystem
  let browser: Browser
  let outside: Outside
  const fans: Fan[] = []
  const staying: Fan[] = []
  let long: LongStories

  beforeAll(async () => {
    outside = await startOutside()
    // Each is known as soon as it runs, so that it is stopped also where the other one does not start.
    const starts = await Promise.allSettled([
      startSystem({ ...shortLives, ...outside.settings }).then((started) => (system = started)),
      startBrowser().then((started) => (browser = started)),
    ])
    for (const start of starts) if (start.status === 'rejected') throw start.reason
    long = await beginLongStories(stage(staying))
  }, 420_000)

  const part = async (leaving: Fan[]): Promise<void> => {
    const left = leaving.splice(0)
    for (const fan of left) await fan.leave()
    for (const fan of left) expect(fan.problems).toEqual([])
  }
  afterEach(() => part(fans))

  afterAll(async () => {
    await part(staying).finally(() => browser?.close())
    await system?.stop()
    await outside?.stop()
  })

  /** `guests` has those who were opened and have not left. */
  const stage = (guests: Fan[]): Stage => ({
    get system() {
      return system
    },
    open: async (path: string, options: BrowserContextOptions = {}) => {
      const fan = await openFan(browser, { baseURL: system.url, ...options })
      guests.push(fan)
      await fan.page.goto(path)
      return fan
    },
  })
  const { open } = stage(fans)
  const reservations = (user: string): Promise<unknown> => system.call('GET', '/reservations', { user })

  test('a fan finds a concert, gets in line, holds the best seats, puts money in, pays, and gives the tickets back', async () => {
    const { page, signIn, look } = await open('/')
    await page.getByLabel('Search by title or artist').fill('light')
    await page.getByRole('heading', { name: 'First Light' }).waitFor()
    await look('concerts')
    await page.getByRole('link', { name: /First Light/ }).click()
    await page.getByText('seats left').first().waitFor()
    await look('concert')
    await page.getByRole('link', { name: /8:00/ }).click()
    await page.getByRole('cell', { name: '₩165,000' }).waitFor()
    await look('schedule')
    await page.getByRole('link', { name: 'Get in line' }).click()
    await signIn('web-1')
    await page.getByRole('button', { name: 'Get in line' }).click()
    await page.getByRole('radio', { name: /VIP/ }).check({ force: true })
    await look('seats')
    await page.getByRole('button', { name: 'Hold 2 seats for ₩330,000' }).click()
    await page.getByRole('heading', { name: 'Your seats are held' }).waitFor()
    await page.getByText('Your wallet is ₩330,000 short').waitFor()
    await look('hold')
    await page.getByLabel('Amount').fill('12')
    await page.getByRole('button', { name: 'Put into the wallet' }).click()
    await page.getByText('At least 1,000 at a time.').waitFor()
    await page.getByLabel('Amount').fill('400,000')
    await page.getByRole('button', { name: 'Put into the wallet' }).click()
    await page.getByRole('button', { name: 'Pay ₩330,000' }).dblclick()
    await page.getByRole('heading', { name: 'You have your tickets' }).waitFor()
    await look('paid')
    await page.getByRole('link', { name: 'Wallet' }).click()
    await page.getByText('-₩330,000').waitFor()
    expect(await page.getByText('₩70,000').first().isVisible()).toBe(true)
    await look('wallet')
    await page.getByRole('link', { name: 'My tickets' }).click()
    await page.getByRole('link', { name: /Paid/ }).click()
    await page.getByRole('button', { name: 'Cancel this reservation' }).click()
    await page.getByText('₩330,000 come back').waitFor()
    await page.getByRole('button', { name: 'Cancel it' }).click()
    await page.getByText('₩330,000 came back to you.').waitFor()
    await look('cancelled')
    await page.getByRole('link', { name: 'My tickets' }).first().click()
    await page.getByText('Cancelled', { exact: true }).waitFor()
    await look('my-tickets')
  })

  test('a fan waits, is told of a pause and of who is ahead, keeps the place on reload and in a second tab, and is let in', async () => {
    const { page, signIn, look } = await open(`${SMALL.path}/line`)
    const tab = await page.context().newPage()
    const pauseLine = (paused: boolean): Promise<unknown> =>
      system.call('PATCH', `/admin/queues/${SMALL.scheduleId}`, { body: { paused } })
    await pauseLine(true)
    try {
      for (const user of ['ahead-1', 'ahead-2', 'ahead-3']) {
        await system.call('POST', '/queue/tokens', { user, body: { scheduleId: SMALL.scheduleId } })
      }
      await signIn('web-2')
      await page.getByRole('button', { name: 'Get in line' }).click()
      await page.getByText('The line is paused').waitFor()
      await page.getByText('people ahead of you').waitFor()
      expect(await page.locator('main').innerText()).toMatch(/3\s+people ahead of you/)
      await isTitled(page, 'Number 4 in line')
      await look('waiting')
      await page.reload()
      await page.getByText('people ahead of you').waitFor()
      await tab.goto(`${SMALL.path}/line`)
      await tab.getByText('people ahead of you').waitFor()
      await isTitled(tab, 'Number 4 in line')
    } finally {
      // The other stories buy from the same line.
      await pauseLine(false)
    }
    for (const one of [page, tab]) await one.getByRole('heading', { name: 'It is your turn' }).waitFor()
    await isTitled(page, '● It is your turn')
    await look('your-turn')
    await page.getByRole('button', { name: 'Leave the line' }).click()
    await look('leaving')
    await page.getByRole('button', { name: 'Give up my place' }).click()
    await tab.getByRole('heading', { name: 'You have left the line' }).waitFor()
  })

  test('a reload and a lost connection in the middle of paying buy one ticket', async () => {
    const { page, signIn } = await open(`${LARGE.path}/line`)
    await signIn('web-3')
    await page.getByRole('button', { name: 'Get in line' }).click()
    await page.getByRole('button', { name: 'Hold 2 seats' }).click()
    await page
      .getByRole('radio', { name: /Card that works/ })
      .first()
      .check({ force: true })
    // Requests arrive and their answers do not, until the page has sent the payment twice.
    const keys: (string | undefined)[] = []
    const { promise: sentTwice, resolve } = Promise.withResolvers<void>()
    let isCut = true
    await page.route(/\/api\/v1\/(?:payments|reservations\/)/, async (route) => {
      const request = route.request()
      const isPayment = request.method() === 'POST'
      if (isPayment) keys.push(request.headers()['idempotency-key'])
      if (!isCut) return route.continue()
      if (isPayment) await route.fetch()
      await route.abort('connectionreset')
      if (keys.length >= 2) resolve()
    })
    await page.getByRole('button', { name: /^Pay/ }).click()
    await page.getByText('We have no answer yet').waitFor()
    await sentTwice
    isCut = false
    await page.reload()
    await page.getByRole('heading', { name: 'You have your tickets' }).waitFor()
    expect(keys.length).toBeGreaterThanOrEqual(2)
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toBeDefined()
    expect(await reservations('web-3')).toMatchObject({ items: [{ status: 'CONFIRMED' }] })
    expect(await reservations('web-3')).toHaveProperty('items.length', 1)
  })

  test('who loses a seat is told so kindly, and takes the next best by one press; a declined card says what to do', async () => {
    const { page, signIn, look } = await open(`${SMALL.path}/line`)
    await signIn('web-4')
    await page.getByRole('button', { name: 'Get in line' }).click()
    await page.getByText('Choose seats yourself').click()
    await page.getByText('Section A').click()
    // What the page shows is held back, so that it still offers a seat that is gone.
    await page.route('**/seats/events', (route) => route.abort())
    await page.getByRole('checkbox', { name: 'Seat 1', exact: true }).first().check({ force: true })
    await look('seat-list')
    // Somebody else holds the seat in the moment in which the fan's request is on its way.
    const rival = await system.call('POST', '/queue/tokens', {
      user: 'rival',
      body: { scheduleId: SMALL.scheduleId },
    })
    await page.route('**/api/v1/reservations', async (route) => {
      const seatIds = route.request().postDataJSON()?.seatIds
      if (seatIds !== undefined) {
        await system.call('POST', '/reservations', {
          user: 'rival',
          key: 'rival-holds-a-seat',
          queueToken: tokenOf(rival),
          body: { scheduleId: SMALL.scheduleId, seatIds },
        })
      }
      return route.continue()
    })
    await page.getByRole('button', { name: 'Hold 1 seat', exact: true }).click()
    await page.getByText('somebody was a moment faster').waitFor()
    await look('seat-lost')
    await page.getByRole('button', { name: /Hold the best free seat · R/ }).click()
    await page.getByRole('heading', { name: 'Your seats are held' }).waitFor()
    await page
      .getByRole('radio', { name: /Card that is declined/ })
      .first()
      .check({ force: true })
    await page.getByRole('button', { name: /^Pay/ }).click()
    await page.getByText('The card was declined, and nothing was taken.').waitFor()
    await look('declined')
  })

  test('with the keyboard alone a fan gets from the concert to paid tickets', async () => {
    const { page } = await open('/')
    const main = page.locator('main')
    const tabTo = async (target: Locator): Promise<void> => {
      await target.waitFor({ state: 'attached' })
      const isFocused = (): Promise<boolean> =>
        target.evaluate((element) => element === document.activeElement)
      for (let tabs = 0; tabs < 80 && !(await isFocused()); tabs += 1) await page.keyboard.press('Tab')
      expect(await isFocused()).toBe(true)
    }
    const press = async (role: 'link' | 'button', name: RegExp): Promise<void> => {
      await tabTo(main.getByRole(role, { name }).first())
      await page.keyboard.press('Enter')
    }
    await press('link', /First Light/)
    await press('link', /8:00/)
    await press('link', /Get in line/)
    await press('button', /^Sign in$/)
    await tabTo(page.locator('#user'))
    await page.keyboard.type('web-5')
    await page.keyboard.press('Enter')
    await press('button', /Get in line/)
    await tabTo(page.getByRole('radio', { name: '2', exact: true }))
    await page.keyboard.press('ArrowRight')
    await press('button', /Hold 3 seats/)
    await page.getByRole('heading', { name: 'Your seats are held' }).waitFor()
    await page.locator('h1:focus').waitFor()
    await tabTo(page.getByRole('radio', { name: /Wallet/ }))
    await page.keyboard.press('ArrowDown')
    expect(
      await page
        .getByRole('radio', { name: /Card that works/ })
        .first()
        .isChecked(),
    ).toBe(true)
    await press('button', /^Pay/)
    await page.getByRole('heading', { name: 'You have your tickets' }).waitFor()
  })

  test('in Korean, dark, on 320 pixels, every page says all it says, and nothing is wider than the screen', async () => {
    const { page, signIn, look } = await open('/', {
      locale: 'ko-KR',
      colorScheme: 'dark',
      viewport: { width: 320, height: 640 },
    })
    await page.getByRole('heading', { name: '공연', exact: true }).waitFor()
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('ko')
    await look('ko-concerts')
    await page.goto(SMALL.path)
    await page.getByText('2026년').or(page.getByText('오후 7:30')).first().waitFor()
    await look('ko-schedule')
    await page.getByRole('link', { name: '줄 서기' }).click()
    await signIn('web-6')
    await page.getByRole('button', { name: '줄 서기' }).click()
    await page.getByText('직접 고르기').click()
    await page.getByText('A 구역').click()
    await look('ko-seats')
    await page.getByRole('button', { name: '2석 잡기' }).click()
    await page.getByRole('heading', { name: '좌석을 잡아 두었습니다' }).waitFor()
    await page.getByText('부족합니다').waitFor()
    await look('ko-hold')
    await page.goto('/no/such/page')
    await page.getByRole('heading', { name: '페이지를 찾을 수 없습니다' }).waitFor()
    await look('ko-not-found')
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
  })

  lostAnswerStories(stage(fans))
  badConnectionStories(stage(fans))
  troubleStories(stage(fans), () => outside)
  demoStories(stage(fans), LARGE)
  longStories(stage(fans), () => long)
  secretStories(stage(fans))
})
