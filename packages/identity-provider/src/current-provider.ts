import { readFile, stat } from 'node:fs/promises'
import type { Redis } from 'ioredis'
import type { Provider } from 'oidc-provider'
import type { Logger } from 'pino'
import type { ProviderSettings } from './config.ts'
import { buildProvider } from './provider.ts'
import { signingKeyFields } from './signing-keys.ts'
import type { SigningKeys } from './signing-keys.ts'

/**
 * The provider with the keys that are in settings.json now. The file is looked at for each request, so that a key that was made a
 * moment ago is published when the first service asks for it. A file that can't be read leaves the keys as they were.
 */
export class CurrentProvider {
  readonly #settings: ProviderSettings
  readonly #redis: Redis
  readonly #logger: Logger
  #version = ''
  #keys: SigningKeys
  #built: Provider
  /** When the next of the previous keys has to go. */
  #staleAtMs: number

  private constructor(settings: ProviderSettings, redis: Redis, logger: Logger, keys: SigningKeys) {
    this.#settings = settings
    this.#redis = redis
    this.#logger = logger
    this.#keys = keys
    this.#built = buildProvider(settings, keys, redis, new Date())
    this.#staleAtMs = nextEnd(keys)
  }

  /** Reads the keys for the first time; rejects where there are none. */
  static async read(settings: ProviderSettings, redis: Redis, logger: Logger): Promise<CurrentProvider> {
    return new CurrentProvider(settings, redis, logger, await readKeys(settings.SETTINGS_FILE))
  }

  async get(): Promise<Provider> {
    try {
      const { mtimeMs, ino, size } = await stat(this.#settings.SETTINGS_FILE)
      const version = `${mtimeMs} ${ino} ${size}`
      if (version !== this.#version) {
        this.#keys = await readKeys(this.#settings.SETTINGS_FILE)
        this.#build()
        this.#version = version
      }
    } catch (error) {
      this.#logger.warn({ err: error }, 'the keys could not be read again; the ones known go on signing')
    }
    if (Date.now() >= this.#staleAtMs) this.#build()
    return this.#built
  }

  #build(): void {
    this.#built = buildProvider(this.#settings, this.#keys, this.#redis, new Date())
    this.#staleAtMs = nextEnd(this.#keys)
  }
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
