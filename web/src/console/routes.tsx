import { lazy } from 'react'
import type { ComponentType } from 'react'
import type { Say } from '../words.ts'

/** A page of the console. */
interface ConsolePage {
  /** Below `/console/`; as React Router writes paths. */
  path: string
  Page: ComponentType
  /** The sentence that names it in the navigation; none for a page that others lead to. */
  nav?: Parameters<Say>[0]
}

/** All pages of the console, in the order of the navigation. Each is loaded when it is first shown. */
export const consolePages: readonly ConsolePage[] = [
  { path: 'on-sales', Page: lazy(() => import('./on-sales/OnSales.tsx')), nav: 'console.nav.onSales' },
  { path: 'on-sales/:scheduleId', Page: lazy(() => import('./on-sale/OnSale.tsx')) },
  { path: 'audit', Page: lazy(() => import('./audit/Audit.tsx')), nav: 'console.nav.audit' },
]
