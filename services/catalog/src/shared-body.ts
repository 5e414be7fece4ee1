import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { entityTag } from './entity-tag.ts'

/** How a body can be sent. */
export type Coding = 'br' | 'gzip' | 'identity'

// Of 106 kB of seats brotli's level 3 makes 4.1 kB in 0.3 ms and gzip's level 4 makes 5.5 kB in 0.4 ms. Higher levels win little
// and take twice as long, and a map may change twice a second.
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }
const GZIP = { level: 4 }

const compress = {
  br: (body: Buffer) => promisify(brotliCompress)(body, BROTLI),
  gzip: (body: Buffer) => promisify(gzip)(body, GZIP),
}

/** A body that is the same for everybody: made once, compressed once when somebody first wants that, then only handed out. */
export class SharedBody {
  /** Names the content, whatever it is compressed with; so it is a weak tag. */
  readonly tag: string
  readonly #identity: Buffer
  readonly #compressed: { br?: Promise<Buffer>; gzip?: Promise<Buffer> } = {}

  constructor(text: string) {
    this.#identity = Buffer.from(text)
    this.tag = entityTag(this.#identity)
  }

  /** The bytes in this coding. All who ask get the same ones. */
  async in(coding: Coding): Promise<Buffer> {
    if (coding === 'identity') return this.#identity
    const compressed = (this.#compressed[coding] ??= compress[coding](this.#identity))
    try {
      return await compressed
    } catch (error) {
      // The next one who asks tries again.
      if (this.#compressed[coding] === compressed) delete this.#compressed[coding]
      throw error
    }
  }
}
