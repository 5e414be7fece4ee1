/** Settings that are addresses with a password in them, or may be. */
const ADDRESSES: ReadonlySet<string> = new Set([
  'ADMIN_DATABASE_URL',
  'CATALOG_READ_DATABASE_URL',
  'DATABASE_URL',
  'REDIS_URL',
  'SMTP_URL',
])
/** Settings whose whole value is a secret. */
const ENDINGS = /_(?:PASSWORD|SECRET|SECRET_KEY|SIGNING_KEY)$/
/** What is shorter could be a part of ordinary words, and hiding it would spoil them. */
const HIDDEN_LENGTH_MIN = 8

/** Whether the value of a setting, or a part of it, is for nobody's eyes. */
export function isSecretSetting(name: string): boolean {
  return ADDRESSES.has(name) || ENDINGS.test(name)
}

/** The parts of an address; null where it is none. That of a server behind a socket has no host (`postgres://role@/db?host=/run`). */
export function parseAddress(address: string): URL | null {
  return URL.parse(address) ?? URL.parse(address.replace('@/', '@localhost/'))
}

/** The password of an address, as it is sent; undefined where it has none, and where it is no address. */
export function passwordOf(address: string): string | undefined {
  const url = parseAddress(address)
  // The drivers of PostgreSQL and Redis take it from there too, and it counts more.
  const queried = url?.searchParams.getAll('password').at(-1)
  if (queried) return queried
  const written = url?.password ?? ''
  if (written === '') return undefined
  try {
    return decodeURIComponent(written)
  } catch {
    // A lone percent sign is taken as it is, by the drivers too.
    return written
  }
}

function passwordSpellings(address: string): string[] {
  const url = parseAddress(address)
  const queried = [...address.matchAll(/[?&]password=([^&#]*)/g)].map(([, text = '']) => text)
  return [passwordOf(address) ?? '', url?.password ?? '', ...queried]
}

/** Every text among these settings that must not be written anywhere: secrets, and the passwords of addresses in both spellings. */
export function secretsIn(names: readonly string[], texts: Readonly<Record<string, string>>): string[] {
  const found = names.flatMap((name) => {
    const text = texts[name]
    if (text === undefined) return []
    if (ADDRESSES.has(name)) return passwordSpellings(text)
    // A key may have several lines, and each of them tells of it.
    return isSecretSetting(name) ? text.split(/\r?\n|\\n/) : []
  })
  return [...new Set(found)].filter((text) => text.length >= HIDDEN_LENGTH_MIN && !text.startsWith('-----'))
}
