/** What we use of a browser's storage. */
export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/**
 * A storage of the browser that never throws. Browsers that are told to keep nothing throw at each use, and full ones at each write:
 * there it is kept in memory, as long as the page is open.
 */
export function browserStore(find: () => Store): Store {
  const memory = new Map<string, string>()
  return {
    getItem: (name) => memory.get(name) ?? attempt(() => find().getItem(name)) ?? null,
    setItem: (name, value) => {
      const isKept = attempt(() => {
        find().setItem(name, value)
        return true
      })
      if (isKept === true) memory.delete(name)
      else memory.set(name, value)
    },
    removeItem: (name) => {
      memory.delete(name)
      attempt(() => find().removeItem(name))
    },
  }
}

function attempt<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}

/** Kept by this browser for all its tabs. */
export const localStore = browserStore(() => window.localStorage)
/** Kept by this tab. */
export const tabStore = browserStore(() => window.sessionStorage)
