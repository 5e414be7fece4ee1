import type { User, UserManager } from 'oidc-client-ts'

/** Who is using the pages. `starting` until it is known whether an earlier sign-in still holds. */
export type SignIn =
  | { status: 'starting' }
  | { status: 'signed-out'; why?: 'ended' | 'failed' | undefined }
  | { status: 'signed-in'; userId: string; name: string }

/** Says that this browser was signed in, so that only then a silent sign-in is tried. It is no token. */
const WAS_SIGNED_IN = 'frontrow.was-signed-in'
const SILENT_TIMEOUT_SECONDS = 8
const CONFIG_TIMEOUT_MS = 10_000
export const SIGNED_IN_PATH = '/signed-in'

let signIn: SignIn = { status: 'starting' }
let user: User | undefined
let manager: Promise<UserManager> | undefined
const listeners = new Set<() => void>()

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
  localStorage.setItem(WAS_SIGNED_IN, 'yes')
  change({ status: 'signed-in', userId: sub, name: name ?? username ?? sub }, next)
}

function forget(why?: 'ended' | 'failed'): void {
  localStorage.removeItem(WAS_SIGNED_IN)
  change({ status: 'signed-out', why })
}

/** Finds out whether an earlier sign-in still holds, without showing anything. */
export async function resumeSignIn(): Promise<void> {
  if (localStorage.getItem(WAS_SIGNED_IN) === null) {
    change({ status: 'signed-out' })
    return
  }
  try {
    const resumed = await (await loadManager()).signinSilent()
    if (resumed === null) forget()
    else takeUser(resumed)
  } catch {
    // The provider has no session any more, is away, or may not be framed: all the same to a person, who signs in by hand.
    change({ status: 'signed-out' })
  }
}

/** Goes to the identity provider, which sends the person back to `returnTo`. */
export async function beginSignIn(returnTo: string): Promise<void> {
  try {
    await (await loadManager()).signinRedirect({ state: { returnTo } })
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
    return returnPath(finished.state)
  } catch {
    // Denied, an old address opened again, or the provider is away.
    if (window.self !== window.top) return undefined
    forget('failed')
    return '/'
  }
}

/** Signs out here and at the identity provider. */
export async function signOut(): Promise<void> {
  const idToken = user?.id_token
  forget()
  const ending = await loadManager()
  await ending.removeUser()
  await ending.signoutRedirect({
    post_logout_redirect_uri: window.location.origin,
    ...(idToken === undefined ? {} : { id_token_hint: idToken }),
  })
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
    stateStore: new WebStorageStateStore({ store: window.sessionStorage }),
    automaticSilentRenew: true,
    accessTokenExpiringNotificationTimeInSeconds: 60,
    silentRequestTimeoutInSeconds: SILENT_TIMEOUT_SECONDS,
    monitorSession: false,
  })
  made.events.addUserLoaded(takeUser)
  made.events.addAccessTokenExpired(() => forget('ended'))
  return made
}

async function loadConfig(): Promise<{ issuer: string; clientId: string; resource: string }> {
  const response = await fetch('/config.json', { signal: AbortSignal.timeout(CONFIG_TIMEOUT_MS) })
  const config: unknown = await response.json()
  if (response.ok && typeof config === 'object' && config !== null) {
    const { issuer, clientId, resource } = Object.fromEntries(Object.entries(config))
    if (typeof issuer === 'string' && typeof clientId === 'string' && typeof resource === 'string') {
      return { issuer, clientId, resource }
    }
  }
  throw new Error(`/config.json answered ${response.status} without issuer, clientId and resource`)
}
