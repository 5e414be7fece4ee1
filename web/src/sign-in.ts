import type { User, UserManager } from 'oidc-client-ts'
import { localStore, tabStore } from './browser-store.ts'
import { SilentRenewal } from './silent-renewal.ts'
import { currentLanguage } from './words.ts'

/** Who is using the pages. `starting` until it is known whether an earlier sign-in still holds. */
export type SignIn =
  | { status: 'starting' }
  | { status: 'signed-out'; why?: SignedOutWhy | undefined }
  | { status: 'signed-in'; userId: string; name: string }

/** `signed-out-here`: only here, since the identity provider could not be told. */
type SignedOutWhy = 'ended' | 'failed' | 'signed-out-here'

/** Says that this browser was signed in, so that only then a silent sign-in is tried. It is no token. */
const WAS_SIGNED_IN = 'frontrow.was-signed-in'
/** Where the person was before the way to the identity provider, for a way back that brings nothing along. */
const RETURN_TO = 'frontrow.return-to'
const SILENT_TIMEOUT_SECONDS = 8
const REQUEST_TIMEOUT_SECONDS = 10
/** A token that ends sooner than this is renewed. */
const EXPIRING_SECONDS = 60
const CONFIG_TIMEOUT_MS = 10_000
export const SIGNED_IN_PATH = '/signed-in'

let signIn: SignIn = { status: 'starting' }
let user: User | undefined
let manager: Promise<UserManager> | undefined
const listeners = new Set<() => void>()
const renewal = new SilentRenewal({ renew: renewSilently, onFailure: judgeRenewal })

/** What `useSyncExternalStore` needs. */
export function watchSignIn(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Who is using the pages now. */
export function currentSignIn(): SignIn {
  return signIn
}

/** The token for the API; undefined where nobody is signed in. It is kept in memory alone. */
export function accessToken(): string | undefined {
  return user?.expired === true ? undefined : user?.access_token
}

function change(next: SignIn, nextUser?: User): void {
  signIn = next
  user = nextUser
  for (const listener of listeners) listener()
}

function takeUser(next: User): void {
  const { sub, name, preferred_username: username } = next.profile
  localStore.setItem(WAS_SIGNED_IN, 'yes')
  change({ status: 'signed-in', userId: sub, name: name ?? username ?? sub }, next)
}

/** For all tabs: only where the person signed out, or the provider knows nobody any more. */
function forget(why?: SignedOutWhy): void {
  localStore.removeItem(WAS_SIGNED_IN)
  change({ status: 'signed-out', why })
}

async function renewSilently(): Promise<void> {
  const renewed = await (await loadManager()).signinSilent()
  // It was signed out here or in another tab meanwhile.
  if (localStore.getItem(WAS_SIGNED_IN) === null) return
  if (renewed === null) forget('ended')
  else takeUser(renewed)
}

/** Whether a renewal that failed may do better later. A token that still holds goes on holding. */
function judgeRenewal(error: unknown): boolean {
  if (localStore.getItem(WAS_SIGNED_IN) === null) return false
  if (isLoginRequired(error)) {
    forget(signIn.status === 'signed-in' ? 'ended' : undefined)
    return false
  }
  if (signIn.status === 'signed-in' && user?.expired !== false) change({ status: 'signed-out', why: 'ended' })
  return true
}

/** Whether the identity provider says that nobody is signed in at it. */
export function isLoginRequired(error: unknown): boolean {
  return error instanceof Error && 'error' in error && error.error === 'login_required'
}

/** A page that was hidden for long, or slept, may have missed the time to renew. */
function renewWhenSeen(): void {
  const endsSoon = user === undefined || (user.expires_in ?? 0) < EXPIRING_SECONDS
  if (document.visibilityState === 'visible' && endsSoon && localStore.getItem(WAS_SIGNED_IN) !== null)
    renewal.start()
}

/** Finds out whether an earlier sign-in still holds, without showing anything. */
export async function resumeSignIn(): Promise<void> {
  if (localStore.getItem(WAS_SIGNED_IN) === null) {
    change({ status: 'signed-out' })
    return
  }
  try {
    const resumed = await (await loadManager()).signinSilent()
    if (resumed === null) forget()
    else takeUser(resumed)
  } catch (error) {
    // The provider is away, or may not be framed: all the same to a person, who signs in by hand, or comes back to the page later.
    if (isLoginRequired(error)) forget()
    else change({ status: 'signed-out' })
  }
}

/** Goes to the identity provider, which sends the person back to `returnTo`. */
export async function beginSignIn(returnTo: string): Promise<void> {
  try {
    tabStore.setItem(RETURN_TO, returnTo)
    await (await loadManager()).signinRedirect({ state: { returnTo }, ui_locales: currentLanguage() })
  } catch {
    // The provider could not be reached. The next try asks for everything anew.
    manager = undefined
    change({ status: 'signed-out', why: 'failed' })
  }
}

/**
 * Ends the way back from the identity provider. Returns where the person was before; undefined in the frame of a silent sign-in, where
 * there is nothing to show.
 */
export async function finishSignIn(): Promise<string | undefined> {
  try {
    const finished = await (await loadManager()).signinCallback()
    if (finished === undefined) return undefined
    takeUser(finished)
    tabStore.removeItem(RETURN_TO)
    return returnPath(finished.state)
  } catch {
    // Denied, an old address opened again, or the provider is away.
    if (window.self !== window.top) return undefined
    change({ status: 'signed-out', why: 'failed' })
    return returnPath({ returnTo: tabStore.getItem(RETURN_TO) })
  }
}

/** Signs out here and at the identity provider. */
export async function signOut(): Promise<void> {
  const idToken = user?.id_token
  forget()
  try {
    const ending = await loadManager()
    await ending.removeUser()
    await ending.signoutRedirect({
      post_logout_redirect_uri: window.location.origin,
      ...(idToken === undefined ? {} : { id_token_hint: idToken }),
    })
  } catch {
    // The provider could not be reached or told, and may still know the person.
    change({ status: 'signed-out', why: 'signed-out-here' })
  }
}

/** Only a path of ours: anything else would let a crafted link send people elsewhere. */
export function returnPath(state: unknown): string {
  const path = typeof state === 'object' && state !== null && 'returnTo' in state ? state.returnTo : undefined
  return typeof path === 'string' && /^\/(?![/\\])/.test(path) && !path.startsWith(SIGNED_IN_PATH)
    ? path
    : '/'
}

function loadManager(): Promise<UserManager> {
  manager ??= makeManager().catch((error: unknown) => {
    manager = undefined
    throw error
  })
  return manager
}

async function makeManager(): Promise<UserManager> {
  const [{ UserManager, WebStorageStateStore, InMemoryWebStorage }, config] = await Promise.all([
    import('oidc-client-ts'),
    loadConfig(),
  ])
  const made = new UserManager({
    authority: config.issuer,
    client_id: config.clientId,
    redirect_uri: window.location.origin + SIGNED_IN_PATH,
    scope: 'openid profile',
    // A provider that gives tokens for one API only needs no name of it.
    ...(config.resource === '' ? {} : { resource: config.resource }),
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    // What a sign-in in progress needs when the person comes back: no token.
    stateStore: new WebStorageStateStore({ store: tabStorage() ?? new InMemoryWebStorage() }),
    automaticSilentRenew: true,
    accessTokenExpiringNotificationTimeInSeconds: EXPIRING_SECONDS,
    requestTimeoutInSeconds: REQUEST_TIMEOUT_SECONDS,
    silentRequestTimeoutInSeconds: SILENT_TIMEOUT_SECONDS,
    monitorSession: false,
  })
  made.events.addUserLoaded(takeUser)
  made.events.addSilentRenewError(() => renewal.start())
  made.events.addAccessTokenExpired(() => renewal.start())
  document.addEventListener('visibilitychange', renewWhenSeen)
  return made
}

/** Undefined where the browser lets a page keep nothing. */
function tabStorage(): Storage | undefined {
  try {
    return window.sessionStorage
  } catch {
    return undefined
  }
}

async function loadConfig(): Promise<SignInConfig> {
  const response = await fetch('/config.json', { signal: AbortSignal.timeout(CONFIG_TIMEOUT_MS) })
  const config = response.ok ? readConfig(await response.json()) : undefined
  if (config === undefined)
    throw new Error(`/config.json answered ${response.status} without issuer, clientId and resource`)
  return config
}

interface SignInConfig {
  issuer: string
  clientId: string
  resource: string
}

/** Reads what `/config.json` answers; undefined where it names no identity provider. */
export function readConfig(config: unknown): SignInConfig | undefined {
  if (typeof config !== 'object' || config === null) return undefined
  const { issuer, clientId, resource } = Object.fromEntries(Object.entries(config))
  if (typeof issuer !== 'string' || typeof clientId !== 'string' || typeof resource !== 'string')
    return undefined
  return issuer === '' || clientId === '' ? undefined : { issuer, clientId, resource }
}
