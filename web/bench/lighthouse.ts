/**
 * Asks Lighthouse about the pages that a sale depends on, as somebody sees them who is signed in and has a place in line:
 * npm run bench:lighthouse, while npm start runs. It pauses the line of the demo's large show for a moment, so that there is a waiting page.
 * Lighthouse is no dependency of ours; npx fetches it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { freePorts } from '@frontrow/local-stack/ports'
import { z } from 'zod'
import { createSignIn } from '../../rush/access.ts'
import { gatewayUrl } from '../../scripts/gateway-url.ts'
import { chromiumProgram, openPage } from '../test/fan-browser.ts'

const LIGHTHOUSE = 'lighthouse@12.8.2'
const GATEWAY = gatewayUrl(process.env)
const SHOW = '/concerts/1/schedules/2'
const QUEUE = '/admin/queues/2'
const RUN_MAX_MS = 150_000
/** A page that listens to a stream is never still; Lighthouse waits for that no longer than this. */
const LOAD_MAX_MS = 15_000
const TOKEN_SECONDS = 1_800

const report = z.object({
  categories: z.record(z.string(), z.object({ title: z.string(), score: z.number().nullable() })),
  audits: z.record(
    z.string(),
    z.object({
      score: z.number().nullable(),
      scoreDisplayMode: z.string(),
      displayValue: z.string().optional(),
    }),
  ),
})

type Device = 'mobile' | 'desktop'

/** A browser that Lighthouse can drive too, with whoever is signed in there. */
interface Driven {
  page: Page
  signIn: (user: string) => Promise<void>
  /** Prints what Lighthouse says of a page, on a `mobile` (slow, slow network) or a `desktop`; of its speed where `isTimed`. */
  judge: (name: string, path: string, device: Device, isTimed?: boolean) => Promise<void>
}

async function withBrowser(use: (driven: Driven) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'frontrow-lighthouse-'))
  const [port = 0] = await freePorts(1)
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: chromiumProgram ?? '',
    baseURL: GATEWAY,
    locale: 'en-US',
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), `--remote-debugging-port=${port}`],
  })
  try {
    const { page, signIn } = await openPage(context)
    const judge: Driven['judge'] = async (name, path, device, isTimed = false) => {
      // Our own page would be a second one that waits in line.
      await page.goto('about:blank')
      const file = join(folder, 'report.json')
      const categories = ['accessibility', 'best-practices', ...(isTimed ? ['performance'] : [])]
      await runLighthouse(path, [
        `--port=${port}`,
        `--only-categories=${categories.join()}`,
        `--output-path=${file}`,
        ...(device === 'desktop' ? ['--preset=desktop'] : []),
      ])
      console.log(`${name}, ${device}: ${summary(report.parse(JSON.parse(readFileSync(file, 'utf8'))))}`)
    }
    await use({ page, signIn, judge })
  } finally {
    await context.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runLighthouse(path: string, more: readonly string[]): Promise<void> {
  const args = [
    '--yes',
    LIGHTHOUSE,
    `${GATEWAY}${path}`,
    // Else nobody would be signed in any more.
    '--disable-storage-reset',
    `--max-wait-for-load=${LOAD_MAX_MS}`,
    '--output=json',
    '--quiet',
    ...more,
  ]
  const lighthouse = spawn('npx', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: RUN_MAX_MS,
    killSignal: 'SIGKILL',
  })
  const [code] = await once(lighthouse, 'exit')
  if (code !== 0) throw new Error(`Lighthouse ended with ${String(code)}`)
}

/** The scores of 0 to 100, and what is not quite right. */
function summary({ categories, audits }: z.output<typeof report>): string {
  const scores = Object.values(categories).map(
    ({ title, score }) => `${title} ${score === null ? '?' : Math.round(score * 100)}`,
  )
  const found = Object.entries(audits).flatMap(([id, { score, scoreDisplayMode, displayValue = '' }]) =>
    score === null || score >= 0.9 || scoreDisplayMode === 'informative'
      ? []
      : [`\n  ${id} ${score} ${displayValue}`],
  )
  return `${scores.join(', ')}${found.join('')}`
}

async function pauseLine(paused: boolean): Promise<void> {
  const bearer = await createSignIn(process.env, TOKEN_SECONDS)('operator', ['admin'])
  const response = await fetch(`${GATEWAY}/api/v1${QUEUE}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ paused }),
    signal: AbortSignal.timeout(15_000),
  })
  if (!response.ok) throw new Error(`PATCH ${QUEUE}: ${response.status} ${await response.text()}`)
}

/** The way of a fan: waits, looks at the map, is about to pay. */
async function judgeFansPages({ page, signIn, judge }: Driven): Promise<void> {
  await page.goto(`${SHOW}/line`)
  await signIn(`lighthouse-${Date.now().toString(36)}`)
  await pauseLine(true)
  try {
    await page.getByRole('button', { name: 'Get in line' }).click()
    await page.getByText('The line is paused').waitFor()
    await judge('Waiting', `${SHOW}/line`, 'mobile', true)
    await judge('Waiting', `${SHOW}/line`, 'desktop', true)
  } finally {
    await pauseLine(false)
  }
  await judge('Concert', '/concerts/1', 'mobile')
  await page.goto(`${SHOW}/line`)
  await page.getByRole('link', { name: 'Choose seats' }).waitFor()
  await judge('Seat map', `${SHOW}/seats`, 'mobile')
  await page.goto(`${SHOW}/seats`)
  await page.getByRole('button', { name: 'Hold 2 seats' }).click()
  await page.getByRole('heading', { name: 'Your seats are held' }).waitFor()
  await judge('Checkout', new URL(page.url()).pathname, 'mobile')
}

async function judgeConsole({ page, signIn, judge }: Driven): Promise<void> {
  const path = '/console/on-sales/2'
  await page.goto(path)
  await signIn('operator')
  await page.getByRole('button', { name: 'Pause the line' }).waitFor()
  await judge('Console', path, 'desktop')
}

await withBrowser(judgeFansPages)
await withBrowser(judgeConsole)
