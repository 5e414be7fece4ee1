import { readFile, stat } from 'node:fs/promises'
import type { Redis } from 'ioredis'
import type { Provider } from 'oidc-provider'
import type { Logger } from 'pino'
import type { ProviderSettings } from './config.ts'
import { buildProvider } from './provider.ts'
import { signingKeyFields } from './signing-keys.ts'
import type { SigningKeys } from './signing-keys.ts'

/** A provider, and the function that answers requests with it. */
interface Built {
  provider: Provider
  handle: ReturnType<Provider['callback']>
  /** When the next of the previous keys has to go. */
  staleAtMs: number
}

/**
 * The provider with the keys that are in settings.json now. The file is looked at for each request, so that a key that was made a
 * moment ago is published when the first service asks for it. A file that can't be read leaves the keys as they were.
 */
export class CurrentProvider {
  readonly #settings: ProviderSettings
  readonly #redis: Redis
  readonly #logger: Logger
  #version: string
  #keys: SigningKeys
  #built: Built

  private constructor(
    settings: ProviderSettings,
    redis: Redis,
    logger: Logger,
    { version, keys }: { version: string; keys: SigningKeys },
  ) {
    this.#settings = settings
    this.#redis = redis
    this.#logger = logger
    this.#version = version
    this.#keys = keys
    this.#built = this.#build(keys)
  }

  /** Reads the keys for the first time; rejects where there are none. */
  static async read(settings: ProviderSettings, redis: Redis, logger: Logger): Promise<CurrentProvider> {
    // The version is of before the keys were read, so that a change meanwhile is seen by the first request.
    const version = await versionOf(settings.SETTINGS_FILE)
    const keys = await readKeys(settings.SETTINGS_FILE)
    return new CurrentProvider(settings, redis, logger, { version, keys })
  }

  async get(): Promise<Built> {
    try {
      const version = await versionOf(this.#settings.SETTINGS_FILE)
      if (version !== this.#version) {
        const keys = await readKeys(this.#settings.SETTINGS_FILE)
        this.#built = this.#build(keys)
        this.#keys = keys
        this.#version = version
      }
    } catch (error) {
      this.#logger.warn({ err: error }, 'the keys could not be read again; the ones known go on signing')
    }
    if (Date.now() >= this.#built.staleAtMs) this.#built = this.#build(this.#keys)
    return this.#built
  }

  #build(keys: SigningKeys): Built {
    const provider = buildProvider(this.#settings, keys, this.#redis, new Date())
    return { provider, handle: provider.callback(), staleAtMs: nextEnd(keys) }
  }
}

async function versionOf(file: string): Promise<string> {
  const { mtimeMs, ino, size } = await stat(file)
  return `${mtimeMs} ${ino} ${size}`
}

async function readKeys(file: string): Promise<SigningKeys> {
  const read = signingKeyFields.safeParse(JSON.parse(await readFile(file, 'utf8')))
  if (read.success) return read.data
  const fields = read.error.issues.map(({ path }) => path.join('.')).join(', ')
  throw new Error(`${file} has no keys to sign with (${fields})`)
}

function nextEnd({ jwtPreviousKeys }: SigningKeys): number {
  const ends = jwtPreviousKeys.map(({ publishedUntil }) => Date.parse(publishedUntil))
  return Math.min(...ends.filter((end) => end > Date.now()))
}
