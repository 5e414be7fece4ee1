import type { BrowserContextOptions } from 'playwright-core'
import type { Fan } from './fan-browser.ts'
import type { RunningSystem } from './running-system.ts'

/** What stories happen on: one system and one browser for all of them. */
export interface Stage {
  readonly system: RunningSystem
  /** Opens a page as a person of their own, who leaves when the test ends. */
  open: (path: string, options?: BrowserContextOptions) => Promise<Fan>
}
