import { lazy } from 'react'
import type { ComponentType } from 'react'
import { TroubleCount } from './troubles/TroubleCount.tsx'
import type { Say } from '../words.ts'
import type { Needed } from './use-roles.ts'

/** A page of the console. */
interface ConsolePage {
  /** Below `/console/`; as React Router writes paths. */
  path: string
  Page: ComponentType
  /** Whom it is for, beside admins. */
  roles: Needed
  /** The sentence that names it in the navigation; none for a page that others lead to. */
  nav?: Parameters<Say>[0]
  /** What is shown behind that name. */
  Badge?: ComponentType
}

/** All pages of the console, in the order of the navigation. Each is loaded when it is first shown. */
export const consolePages: readonly ConsolePage[] = [
  {
    path: 'on-sales',
    Page: lazy(() => import('./on-sales/OnSales.tsx')),
    roles: ['operator', 'finance'],
    nav: 'console.nav.onSales',
  },
  {
    path: 'on-sales/:scheduleId',
    Page: lazy(() => import('./on-sale/OnSale.tsx')),
    roles: ['operator', 'finance'],
  },
  { path: 'shows', Page: lazy(() => import('./shows/Shows.tsx')), roles: ['operator'], nav: 'workNav.shows' },
  { path: 'shows/venues', Page: lazy(() => import('./shows/Venues.tsx')), roles: ['operator'] },
  {
    path: 'shows/concerts/:concertId',
    Page: lazy(() => import('./shows/ConcertPage.tsx')),
    roles: ['operator'],
  },
  {
    path: 'shows/concerts/:concertId/new',
    Page: lazy(() => import('./shows/NewDate.tsx')),
    roles: ['operator'],
  },
  { path: 'shows/dates/:scheduleId', Page: lazy(() => import('./shows/DatePage.tsx')), roles: ['operator'] },
  {
    path: 'check-in',
    Page: lazy(() => import('./check-in/CheckIn.tsx')),
    roles: ['door'],
    nav: 'workNav.checkIn',
  },
  {
    path: 'troubles',
    Page: lazy(() => import('./troubles/Troubles.tsx')),
    roles: [],
    nav: 'workNav.troubles',
    Badge: TroubleCount,
  },
  { path: 'troubles/webhooks', Page: lazy(() => import('./troubles/Webhooks.tsx')), roles: [] },
  {
    path: 'audit',
    Page: lazy(() => import('./audit/Audit.tsx')),
    roles: ['finance'],
    nav: 'console.nav.audit',
  },
]
