import { deepEqual } from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, BrowserContextOptions, Page, Request } from 'playwright-core'
import { SAME_PRESS_MS } from '../src/second-press.ts'

/** Where Debian, Ubuntu and CI images have a Chromium; CHROMIUM names another. */
const PLACES = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

/** The machine's Chromium; undefined where there is none. Nothing downloads one. */
export const chromiumProgram = PLACES.find((path) => path !== '' && existsSync(path))

const SHOWN_WITHIN_MS = 60_000
const IMAGES = join(import.meta.dirname, '..', '..', 'docs', 'images')

/** Starts the browser, with these of Chromium's switches. As root it can't have a sandbox; only our own pages are opened. */
export async function startBrowser(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumProgram ?? '',
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...args],
  })
}

/** A person at a browser of their own: what it logs as an error fails the test. */
export interface Fan {
  page: Page
  /** Problems of the page itself: exceptions, refused scripts and styles. */
  problems: string[]
  signIn: (user: string) => Promise<void>
  /** Fails where the page as it is now breaks a rule of accessibility. Keeps a screenshot where SCREENSHOTS names a folder. */
  look: (name: string) => Promise<void>
  /** Makes a picture of the readme, docs/images/<name>.png, of what the window shows; only where UPDATE_SCREENSHOTS is set, as seats and numbers differ each time. */
  picture: (name: string) => Promise<void>
  leave: () => Promise<void>
}

/** The open pages, and how the writes that each of them sent went. */
const open = new Map<Page, string[]>()

/** What the open pages say; the environment of these tests puts it below a failure. */
async function whatPagesShow(): Promise<string> {
  const texts = [...open].map(async ([page, writes]) => {
    const text = await page
      .locator('body')
      .innerText({ timeout: 5_000 })
      .catch((error: unknown) => String(error))
    return [`${page.url()} sent`, ...writes, 'and shows', text.replaceAll(/\n\s*\n/g, '\n')].join('\n')
  })
  return (await Promise.all(texts)).join('\n\n')
}
Object.assign(globalThis, { whatPagesShow })

/** Waits until a press is a new wish to the page; until then it may be the second half of the double click before. */
export async function doubleClickOver(page: Page): Promise<void> {
  const from = await page.evaluate(() => performance.now())
  await page.waitForFunction(([start, ms]) => performance.now() - start >= ms, [from, SAME_PRESS_MS] as const)
}

/** Opens a browser for one person. */
export async function openFan(browser: Browser, options: BrowserContextOptions = {}): Promise<Fan> {
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 1100, height: 800 },
    ...options,
  })
  return openPage(context)
}

/** Opens a page for the person whose browser it is. */
export async function openPage(context: BrowserContext): Promise<Fan> {
  context.setDefaultTimeout(SHOWN_WITHIN_MS)
  const page = await context.newPage()
  const writes: string[] = []
  open.set(page, writes)
  const tell = (request: Request, end: number | string): void => {
    if (request.method() !== 'GET') writes.push(`${request.method()} ${request.url()}: ${end}`)
  }
  page.on('response', (response) => tell(response.request(), response.status()))
  page.on('requestfailed', (request) => tell(request, request.failure()?.errorText ?? 'failed'))
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    // A refusal of the API is logged by the browser itself, and is no problem of the page.
    const isRefusal = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isRefusal) problems.push(message.text())
  })
  return {
    page,
    problems,
    signIn: async (user) => {
      await page
        .locator('main')
        .getByRole('button', { name: /^(Sign in|로그인)$/ })
        .click()
      await page.locator('#user').fill(user)
      await page.locator('form:has(#user) button').click()
      await page.waitForURL((url) => !url.pathname.startsWith('/identity') && url.pathname !== '/signed-in')
    },
    look: async (name) => {
      // No page has frames, so the results need no page of their own, which takes a second.
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
      deepEqual(
        violations.map(({ id, nodes }) => [name, id, nodes.map(({ html }) => html)]),
        [],
      )
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      deepEqual([name, Math.max(0, overflow)], [name, 0])
      const folder = process.env['SCREENSHOTS']
      if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
    },
    picture: async (name) => {
      if (process.env['UPDATE_SCREENSHOTS'] === undefined) return
      await page.screenshot({ path: join(IMAGES, `${name}.png`) })
    },
    leave: () => {
      open.delete(page)
      return context.close()
    },
  }
}
