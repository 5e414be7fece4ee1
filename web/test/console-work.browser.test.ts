import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { writeCameraPicture } from './camera-picture.ts'
import { chromiumProgram, doubleClickOver, openFan, startBrowser } from './fan-browser.ts'
import type { Fan } from './fan-browser.ts'
import { startSystem } from './running-system.ts'
import type { RunningSystem } from './running-system.ts'

/** The larger of the demo's schedules. */
const DEMO_SCHEDULE = 2
const PRICE = 150_000

const described =
  chromiumProgram === undefined
    ? describe.skip.bind(
        describe,
        'the console’s work in a browser (skipped: no Chromium here; apt-get install chromium, or set CHROMIUM)',
      )
    : describe.bind(describe, 'the console’s work in a browser')

/** A text of an answer of the API, by the path to it. */
function textAt(answer: unknown, ...path: readonly (string | number)[]): string {
  const found = path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    answer,
  )
  if (typeof found !== 'string') throw new Error(`no ${path.join('.')}: ${JSON.stringify(answer)}`)
  return found
}

/** What a `datetime-local` field takes, so many days from now. */
function inDays(days: number, time: string): string {
  return `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)}T${time}`
}

described(() => {
  let system: RunningSystem
  let browser: Browser
  const people: Fan[] = []

  beforeAll(async () => {
    const starts = await Promise.allSettled([
      startSystem().then((started) => (system = started)),
      startBrowser().then((started) => (browser = started)),
    ])
    for (const start of starts) if (start.status === 'rejected') throw start.reason
  }, 300_000)

  afterEach(async () => {
    const left = people.splice(0)
    for (const person of left) await person.leave()
    for (const person of left) expect(person.problems).toEqual([])
  })

  afterAll(async () => {
    await browser?.close()
    await system?.stop()
  })

  const open = async (path: string, options: BrowserContextOptions = {}): Promise<Fan> => {
    const person = await openFan(browser, { baseURL: system.url, ...options })
    people.push(person)
    await person.page.goto(path)
    return person
  }
  /** Buys one seat of a schedule by the API, and tells the reservation's id. */
  const buySeat = async (user: string, scheduleId: number): Promise<string> => {
    const place = await system.call('POST', '/queue/tokens', { user, body: { scheduleId } })
    const hold = await system.call('POST', '/reservations', {
      user,
      key: `hold-${user}`,
      queueToken: textAt(place, 'token'),
      body: { scheduleId, quantity: 1 },
    })
    const reservationId = textAt(hold, 'reservationId')
    const card = { token: 'tok_approved' }
    const body = { reservationId, paymentMethod: 'CARD', card }
    await system.call('POST', '/payments', { user, key: `pay-${user}`, body })
    await eventually(async () => {
      const reservation = await system.call('GET', `/reservations/${reservationId}`, { user })
      expect(reservation).toMatchObject({ status: 'CONFIRMED' })
    })
    return reservationId
  }

  /** Shows a ticket that was used to the camera of another door. */
  const seeByCamera = async (code: string): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), 'frontrow-camera-'))
    const video = join(folder, 'ticket.y4m')
    writeCameraPicture(video, code)
    const withCamera = await startBrowser([
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${video}`,
    ])
    try {
      const { page, signIn, problems } = await openFan(withCamera, { baseURL: system.url })
      await page.goto(`/console/check-in?schedule=${DEMO_SCHEDULE}`)
      await signIn('admin')
      await page.getByRole('button', { name: 'Open the camera' }).click()
      await page.getByText(/Already used at/).waitFor()
      expect(problems).toEqual([])
    } finally {
      await withCamera.close()
      rmSync(folder, { recursive: true })
    }
  }

  test('an operator makes a venue, a concert and a date, each once, is told what is wrong beside its field, and a fan sees it', async () => {
    const { page, signIn, look } = await open('/console/shows/venues')
    await signIn('admin')
    await page.getByRole('button', { name: 'New venue' }).click()
    await page.getByLabel('Time zone').fill('Asia/Nowhere')
    const writes = countWrites(page)
    await page.getByRole('button', { name: 'Make the venue' }).click()
    await page.getByText('Fill this in.').waitFor()
    expect(writes).toEqual([])
    await page.getByLabel('Name').fill('Harbour Hall')
    await page.getByRole('button', { name: 'Make the venue' }).click()
    await page.getByText('There is no such time zone.').waitFor()
    expect(await page.getByLabel('Time zone').getAttribute('aria-invalid')).toBe('true')
    await look('work-venue-refused')
    await page.getByLabel('Time zone').fill('America/New_York')
    await page.getByRole('button', { name: 'Make the venue' }).dblclick()
    await page.getByText('Harbour Hall was made.').waitFor()
    await page.getByText('America/New_York').waitFor()
    expect(await page.getByRole('listitem').filter({ hasText: 'Harbour Hall' }).count()).toBe(1)
    await look('work-venues')

    await page.getByRole('link', { name: 'Shows' }).click()
    await page.getByRole('button', { name: 'New concert' }).click()
    await page.getByLabel('Title', { exact: true }).fill('Harbour Lights')
    await page.getByRole('button', { name: 'Make the concert' }).dblclick()
    await page.getByRole('heading', { name: 'Harbour Lights' }).waitFor()

    await page.getByRole('link', { name: 'New date' }).click()
    await page.getByRole('button', { name: 'Make it and put it on sale' }).click()
    await page.getByText('Choose a day and a time.').nth(2).waitFor()
    await page.getByLabel('Show begins').fill(inDays(20, '19:30'))
    await page.getByLabel('Sale opens').fill(inDays(-1, '10:00'))
    await page.getByLabel('Sale closes').fill(inDays(21, '10:00'))
    await page.getByText('This can’t be after the show begins.').waitFor()
    await page.getByLabel('Sale closes').fill(inDays(20, '19:00'))
    await page.getByLabel('Section', { exact: true }).fill('Pier')
    await page.getByLabel('Grade').fill('VIP')
    await page.getByLabel('Price').fill(String(PRICE))
    await page.getByLabel('Rows').fill('1')
    await page.getByLabel('Seats a row').fill('4')
    await page.getByRole('button', { name: 'Make it and put it on sale' }).click()
    await page.getByText(/A show has 10 to [\d,]+ seats in all, and these are 4\./).waitFor()
    await page.getByLabel('Rows').fill('5')
    await page.getByRole('application').waitFor()
    await page.getByText('20 seats in all').waitFor()
    await look('work-new-date')
    await page.getByRole('button', { name: 'Make it and put it on sale' }).dblclick()
    await page.getByText('20 of 20 seats left').waitFor()
    await look('work-date')

    await page.getByRole('button', { name: 'Keep seats back' }).click()
    await page.getByLabel('To seat', { exact: true }).fill('2')
    await page.getByRole('button', { name: 'Choose these' }).click()
    await page.getByRole('button', { name: 'Take 2 seats off sale' }).click()
    await page.getByText('2 seats were taken off sale.').waitFor()
    await look('work-blocks')

    const writesOfSale = countWrites(page)
    await page.getByRole('button', { name: 'Close the sale' }).dblclick()
    await page.getByText('The sale is closed').waitFor()
    await doubleClickOver(page)
    await page.getByRole('button', { name: 'Open the sale again' }).click()
    await page.getByRole('button', { name: 'Close the sale' }).waitFor()
    expect(new Set(writesOfSale).size).toBe(2)

    // Every button was pressed twice.
    const { venues, concerts, dates } = await listMade(system)
    expect(venues).toEqual([expect.objectContaining({ name: 'Harbour Hall' })])
    expect(concerts).toEqual([expect.objectContaining({ title: 'Harbour Lights' })])
    expect(dates).toEqual([expect.objectContaining({ concertTitle: 'Harbour Lights' })])

    const fan = await open('/')
    await fan.page.getByRole('link', { name: 'Harbour Lights' }).click()
    await fan.page.getByRole('link', { name: /7:30 PM/ }).click()
    await fan.page.getByRole('cell', { name: '₩150,000' }).waitFor()
    await fan.page.getByText('Harbour Hall').first().waitFor()
  })

  test('who was overtaken is told so and nothing is lost; a show is cancelled behind its title, and the fan’s page says so', async () => {
    const scheduleId = await newestSchedule(system)
    const reservationId = await buySeat('show-goer', scheduleId)
    const { page, signIn, look } = await open(`/console/shows/dates/${scheduleId}`)
    await signIn('admin')
    await page.getByRole('button', { name: 'Change times' }).click()
    await page.getByLabel('Sale closes').fill(inDays(19, '12:00'))
    await system.call('PATCH', `/admin/schedules/${scheduleId}`, { body: { noOrphanSeats: true } })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Somebody else was first').waitFor()
    await look('work-overtaken')
    await page.getByRole('button', { name: 'Show it as it is now' }).click()
    await page.getByText('Yes', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'Cancel this show' }).click()
    const writes = countWrites(page)
    await page.getByLabel('Type the title').fill('harbour lights')
    await page.getByRole('button', { name: 'Cancel the show and refund everybody' }).click()
    await page.getByText('This is not the title of the concert.').waitFor()
    expect(writes).toEqual([])
    await look('work-cancel')
    await page.getByLabel('Type the title').fill('Harbour Lights')
    await page.getByRole('button', { name: 'Cancel the show and refund everybody' }).dblclick()
    await page.getByRole('heading', { name: 'This show is cancelled' }).waitFor()
    await page.getByText('Refunds made: 1 of 1').waitFor()
    await page.getByText('all money is back').waitFor()
    expect(new Set(writes).size).toBe(1)
    await look('work-cancelled')

    const fan = await open(`/reservations/${reservationId}`)
    await fan.signIn('show-goer')
    await fan.page.getByRole('heading', { name: 'This reservation is cancelled' }).waitFor()
    await fan.page.getByText('₩150,000 came back to you.').waitFor()
  })

  test('a door lets a ticket in once and says when it was used before, by code and by camera; what is no ticket, and a lost answer, are told', async () => {
    const reservationId = await buySeat('door-goer', DEMO_SCHEDULE)
    const ticket = await system.call('GET', `/reservations/${reservationId}/ticket`, { user: 'door-goer' })
    const code = textAt(ticket, 'tickets', 0, 'code')
    const { page, signIn, look } = await open('/console/check-in', { viewport: { width: 320, height: 640 } })
    await signIn('admin')
    await page
      .getByRole('link', { name: /First Light/ })
      .first()
      .waitFor()
    await look('work-doors')
    await page.goto(`/console/check-in?schedule=${DEMO_SCHEDULE}`)
    await page.getByText('0 of 1 are in').waitFor()
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await page.getByText('Scan, type or paste a code first.').waitFor()
    await check(page, 'no-ticket')
    await page.getByText('No ticket', { exact: true }).waitFor()
    await look('work-door-red')

    // The answer is lost once: the door asks again by itself, with the same key, and the person is let in by it.
    const keys: (string | undefined)[] = []
    await page.route('**/admin/tickets/check-in', async (route) => {
      keys.push(route.request().headers()['idempotency-key'])
      if (keys.length > 1) return route.continue()
      await route.fetch()
      await route.abort('connectionreset')
    })
    await check(page, ` ${code} `)
    await page.getByText('Let in', { exact: true }).waitFor()
    expect(keys.length).toBeGreaterThanOrEqual(2)
    expect(new Set(keys).size).toBe(1)
    await page.getByText('1 of 1 are in').waitFor()
    await look('work-door-green')
    await check(page, code)
    await page.getByText(/Already used at \d+:\d\d [AP]M/).waitFor()
    await page.getByText('by admin').waitFor()
    await look('work-door-amber')
    await seeByCamera(code)
  })

  test('troubles and webhooks in Korean, dark, on 320 pixels: a secret is shown once, and every page says all it says', async () => {
    const { page, signIn, look } = await open('/console/troubles', {
      locale: 'ko-KR',
      colorScheme: 'dark',
      viewport: { width: 320, height: 640 },
    })
    await signIn('admin')
    await page.getByText('없습니다. 모든 메시지를 처리했습니다.').waitFor()
    await look('work-ko-troubles')
    await page.getByRole('link', { name: '웹훅' }).click()
    await page.getByRole('button', { name: '새 웹훅' }).click()
    await page.getByLabel('주소').fill('https://localhost/')
    await page.getByRole('button', { name: '웹훅 만들기' }).click()
    await page.getByText('이벤트를 하나 이상 골라 주세요.').waitFor()
    await page.getByLabel('payment.approved').check()
    await page.getByRole('button', { name: '웹훅 만들기' }).click()
    await page.getByText('공개 인터넷의 주소여야 합니다.').waitFor()
    await page.getByLabel('주소').fill('https://hooks.example.com/frontrow')
    await page.getByRole('button', { name: '웹훅 만들기' }).dblclick()
    await page.getByText(/^whsec_/).waitFor()
    await look('work-ko-webhook')
    await page.reload()
    await page.getByRole('button', { name: '멈추기' }).click()
    await page.getByRole('button', { name: '다시 켜기' }).waitFor()
    expect(await page.getByText(/^whsec_/).count()).toBe(0)
    expect(await page.getByText('hooks.example.com').count()).toBe(1)
    for (const [path, text, name] of [
      ['/console/shows', '새 공연', 'work-ko-shows'],
      ['/console/shows/concerts/1/new', '판매 시작', 'work-ko-new-date'],
      [`/console/shows/dates/${DEMO_SCHEDULE}`, '시각 바꾸기', 'work-ko-date'],
      [`/console/check-in?schedule=${DEMO_SCHEDULE}`, '티켓 코드', 'work-ko-door'],
    ] as const) {
      await page.goto(path)
      await page.getByText(text).first().waitFor()
      await look(name)
    }
  })
})

async function check(page: Page, code: string): Promise<void> {
  await page.getByLabel('Ticket code').fill(code)
  await page.keyboard.press('Enter')
}

/** The keys of all writes that a page sends from now on. */
function countWrites(page: Page): (string | undefined)[] {
  const keys: (string | undefined)[] = []
  page.on('request', (request) => {
    const isWrite = !['GET', 'HEAD'].includes(request.method()) && request.url().includes('/api/')
    if (isWrite) keys.push(request.headers()['idempotency-key'])
  })
  return keys
}

/** What the first story made, as the API has it. */
async function listMade(system: RunningSystem): Promise<Record<'venues' | 'concerts' | 'dates', unknown[]>> {
  const [venues, concerts, dates] = await Promise.all([
    itemsOf(system, '/admin/venues'),
    itemsOf(system, '/admin/concerts?query=Harbour'),
    itemsOf(system, '/admin/schedules?query=Harbour'),
  ])
  return { venues: venues.filter((venue) => Object(venue).name === 'Harbour Hall'), concerts, dates }
}

async function itemsOf(system: RunningSystem, path: string): Promise<unknown[]> {
  const listed = await system.call('GET', path)
  if (typeof listed === 'object' && listed !== null && 'items' in listed && Array.isArray(listed.items))
    return listed.items
  throw new Error(`no list: ${JSON.stringify(listed)}`)
}

/** The schedule that the first story made. */
async function newestSchedule(system: RunningSystem): Promise<number> {
  const [made] = await itemsOf(system, '/admin/schedules?query=Harbour')
  const { scheduleId } = Object(made)
  if (typeof scheduleId === 'number') return scheduleId
  throw new Error(`no schedule: ${JSON.stringify(made)}`)
}
