import { expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import type { Stage } from './stage.ts'

/** How a POST goes wrong: it is done and its answer is lost, or it is refused before it is looked at. */
type Mishap = 'lost' | 'refused'

/** POSTs to a path that go wrong, until they are let be. */
interface Spoilt {
  /** The keys of all that were sent. */
  keys: (string | undefined)[]
  /** From now on they go through. */
  heal: () => void
}

/** Lets POSTs to `path` go wrong: the first ones each in its way, and those behind them like the last. */
async function spoil(page: Page, path: string, mishaps: readonly Mishap[]): Promise<Spoilt> {
  const keys: (string | undefined)[] = []
  let isHealed = false
  await page.route(path, async (route) => {
    const request = route.request()
    if (request.method() !== 'POST') return route.continue()
    const mishap = mishaps[keys.length] ?? mishaps.at(-1)
    keys.push(request.headers()['idempotency-key'])
    if (isHealed) return route.continue()
    if (mishap === 'lost') {
      await route.fetch()
      return route.abort('connectionreset')
    }
    const error = { code: 'UNAUTHENTICATED', message: 'no', details: null, requestId: 'r' }
    return route.fulfill({ status: 401, json: { success: false, error } })
  })
  return { keys, heal: () => (isHealed = true) }
}

/** Stories in which an answer does not come. */
export function lostAnswerStories(stage: Stage): void {
  test('a charge whose answer was lost is taken once: through a refusal, a reload and a press on asking again', async () => {
    const { page, signIn, look } = await stage.open('/wallet')
    await signIn('lost-1')
    await page.getByLabel('Amount').fill('50,000')
    const first = await spoil(page, '**/balance/charge', ['lost', 'refused'])
    await page.getByRole('button', { name: 'Put into the wallet' }).click()
    await page.getByText('We could not find out yet').waitFor()
    await look('open-charge')
    await page.reload()
    first.heal()
    await page.getByRole('button', { name: 'Ask again' }).click()
    await page.getByText('₩50,000 are in your wallet.').waitFor()
    await page.getByText('+₩50,000').waitFor()
    expect(new Set(first.keys).size).toBe(1)
    await page.unrouteAll()
    // A page that is loaded again while it is at it goes on by itself.
    const second = await spoil(page, '**/balance/charge', ['lost'])
    await page.getByRole('button', { name: 'Put into the wallet' }).click()
    await page.getByText('We have no answer yet').waitFor()
    await page.reload()
    second.heal()
    await page.getByText(/₩.* are in your wallet\./).waitFor()
    expect(new Set(second.keys).size).toBe(1)
    expect(second.keys[0]).not.toBe(first.keys[0])
    await page.getByText('+₩').nth(1).waitFor()
    expect(await page.getByText('+₩').count()).toBe(2)
  })

  test('a hold whose answer was lost is one hold, also after a reload; where no cards are taken the page says so', async () => {
    const show = await stage.system.openShow('A lost answer', 20)
    const { page, signIn, look } = await stage.open(`${show.path}/line`)
    await signIn('lost-2')
    await page.getByRole('button', { name: 'Get in line' }).click()
    const { keys, heal } = await spoil(page, '**/api/v1/reservations', ['lost'])
    await page.getByRole('button', { name: 'Hold 2 seats' }).click()
    await page.getByText('We have no answer yet').waitFor()
    await look('open-hold')
    await page.reload()
    heal()
    await page.getByRole('heading', { name: 'Your seats are held' }).waitFor()
    expect(new Set(keys).size).toBe(1)
    const reservations = await stage.system.call('GET', '/reservations', { user: 'lost-2' })
    expect(reservations).toHaveProperty('items.length', 1)
    await page.getByRole('button', { name: 'Give these seats up' }).click()
    await page.locator(':focus', { hasText: 'The seats are free' }).waitFor()
    await page.getByRole('button', { name: 'Keep them' }).click()
    await page.locator(':focus', { hasText: 'Give these' }).waitFor()
    await page.route('**/config.json', async (route) => {
      const response = await route.fetch()
      const config: unknown = await response.json()
      const json = { ...Object(config), testCards: false, currency: 'eur' }
      return route.fulfill({ response, json })
    })
    await page.reload()
    await page.getByText('Cards are not taken on these pages yet').waitFor()
    expect(await page.getByRole('radio').count()).toBe(1)
    expect(await page.getByRole('button', { name: /^Pay/ }).count()).toBe(0)
    await page.getByText(/€/).first().waitFor()
    await look('no-cards')
  })
}
