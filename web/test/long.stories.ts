import { expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import type { Fan } from './fan-browser.ts'
import type { Show } from './running-system.ts'
import type { Stage } from './stage.ts'

/**
 * Short enough to see their end after the other stories. All of them run on the same system: a hold lasts until a slow machine has paid
 * for it, and a page renews a token a minute before its end.
 */
export const shortLives = { HOLD_MS: '180000', ACCESS_TOKEN_SECONDS: '75' }
const ENDS_WITHIN_MS = 300_000
/** A story that waits for an end has time for what follows it too. */
const STORY_MS = 420_000

/** What lasts longer than other stories: begun before them, told to its end after them. */
export interface LongStories {
  holder: Fan
  waiter: Fan & { show: Show; tokens: Set<string> }
  reader: Fan
}

/** Begins the long stories; `open` gives people who stay until the end. */
export async function beginLongStories({ system, open }: Stage): Promise<LongStories> {
  const hold = async (): Promise<Fan> => {
    const show = await system.openShow('A hold that runs out', 10)
    const fan = await open(`${show.path}/line`)
    await fan.signIn('long-1')
    await fan.page.getByRole('button', { name: 'Get in line' }).click()
    await fan.page.getByRole('button', { name: 'Hold 2 seats' }).click()
    await fan.page.getByRole('heading', { name: 'Your seats are held' }).waitFor()
    return fan
  }
  const wait = async (): Promise<LongStories['waiter']> => {
    const show = await system.openShow('A long wait', 10)
    await system.call('PATCH', `/admin/queues/${show.scheduleId}`, { body: { paused: true } })
    const fan = await open(`${show.path}/line`)
    await fan.signIn('long-2')
    const tokens = new Set<string>()
    fan.page.on('request', (request) => {
      const { authorization } = request.headers()
      if (authorization !== undefined) tokens.add(authorization)
    })
    await fan.page.getByRole('button', { name: 'Get in line' }).click()
    await fan.page.getByText('The line is paused').waitFor()
    return { ...fan, show, tokens }
  }
  const read = async (): Promise<Fan> => {
    const fan = await open('/wallet')
    await fan.signIn('long-3')
    await fan.page.getByText('It holds').waitFor()
    // The identity provider renews nothing any more.
    await fan.page.route('**/identity/token', (route) => route.abort())
    return fan
  }
  const [holder, waiter, reader] = await Promise.all([hold(), wait(), read()])
  return { holder, waiter, reader }
}

/** The ends of the long stories. */
export function longStories(stage: Stage, begun: () => LongStories): void {
  test(
    'who does not pay in time is told so, and the seats are free again',
    async () => {
      const { page, look } = begun().holder
      await page.getByRole('heading', { name: 'Your time is over' }).waitFor({ timeout: ENDS_WITHIN_MS })
      expect(await page.getByRole('button', { name: /^Pay/ }).count()).toBe(0)
      await look('time-over')
      const reservations = await stage.system.call('GET', '/reservations', { user: 'long-1' })
      expect(reservations).toMatchObject({ items: [{ status: 'EXPIRED' }] })
    },
    STORY_MS,
  )

  test(
    'who waits for longer than a sign-in lasts stays signed in, and buys',
    async () => {
      const { page, show, tokens } = begun().waiter
      const [first = ''] = tokens
      await eventually(
        () => {
          expect(tokens.size).toBeGreaterThan(1)
          expect(Date.now()).toBeGreaterThan(endOf(first))
        },
        { withinMs: ENDS_WITHIN_MS, everyMs: 500 },
      )
      await page.getByText('The line is paused').waitFor()
      await stage.system.call('PATCH', `/admin/queues/${show.scheduleId}`, { body: { paused: false } })
      await page.getByRole('link', { name: 'Choose seats' }).click({ timeout: ENDS_WITHIN_MS })
      await page.getByRole('button', { name: 'Hold 2 seats' }).click()
      await page.getByRole('heading', { name: 'Your seats are held' }).waitFor()
    },
    STORY_MS,
  )

  test(
    'whose sign-in has ended is told so, and comes back to the same page by signing in',
    async () => {
      const { page, look } = begun().reader
      await page.getByText('Your sign-in has ended').first().waitFor({ timeout: ENDS_WITHIN_MS })
      await look('sign-in-ended')
      await page.unrouteAll()
      await page.locator('main').getByRole('button', { name: 'Sign in' }).first().click()
      await page.getByText('It holds').waitFor()
      expect(new URL(page.url()).pathname).toBe('/wallet')
    },
    STORY_MS,
  )
}

/** When a bearer token ends, in ms since the epoch. */
function endOf(authorization: string): number {
  const [, payload = ''] = authorization.split('.')
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const end: unknown = Object(claims).exp
  if (typeof end !== 'number') throw new Error(`no exp: ${JSON.stringify(claims)}`)
  return end * 1_000
}
