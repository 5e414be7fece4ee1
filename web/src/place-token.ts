import { tabStore } from './browser-store.ts'
import type { Store } from './browser-store.ts'

/**
 * The token of a place, as the API takes it in a header. A place is a Secure cookie, which no page can read; some browsers keep no such
 * cookie from plain http (Safari on localhost, all of them on another machine's name), where only development is. There the token is kept
 * by the tab, so the place is the tab's: another tab takes it over, and this one is told that it has moved.
 */
export function placeHeader(scheduleId: number, store: Store = tabStore): { queueToken?: string } {
  const queueToken = store.getItem(nameOf(scheduleId))
  return queueToken === null ? {} : { queueToken }
}

/** Keeps the token of a place whose cookie the browser did not keep. */
export function keepPlaceToken(scheduleId: number, token: string, store: Store = tabStore): void {
  store.setItem(nameOf(scheduleId), token)
}

/** From now on the place is its cookie's, or nobody's. */
export function forgetPlaceToken(scheduleId: number, store: Store = tabStore): void {
  store.removeItem(nameOf(scheduleId))
}

function nameOf(scheduleId: number): string {
  return `frontrow.place.${scheduleId}`
}
