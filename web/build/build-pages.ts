import { readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, constants } from 'node:zlib'
import { build } from 'vite'
import type { Plugin } from 'vite'
import { copyReference } from './copy-reference.ts'
import { buildManifest, firstLoadFiles } from './first-load.ts'

/** The page that a crowd loads within a minute, and what its first load may weigh, compressed. */
const CROWDED_PAGE = 'src/pages/waiting-room/WaitingRoom.tsx'
/** Its sentences, in the language that takes the most bytes. */
const CROWDED_PAGE_WORDS = 'src/words/ko/line.json'
export const FIRST_LOAD_MAX_BYTES = 120_000

/** Nginx sends a file as it is where compressing it saves less than a packet. */
const COMPRESSED_FROM_BYTES = 1_400
const COMPRESSIBLE = /\.(?:js|css|html|svg|json)$/

/** What a build came to; sizes in bytes, compressed as they are served. */
export interface BuiltPages {
  firstLoad: { file: string; bytes: number }[]
  firstLoadBytes: number
}

/**
 * Builds the pages and the API reference into a folder, each file with its compressed copy beside it, so that the gateway compresses nothing. Throws where
 * the waiting page's first load is above its limit.
 */
export async function buildPages(folder: string): Promise<BuiltPages> {
  // Vite takes over what is set, and tests set `test`: React would come with its checks for development, twice as large.
  process.env['NODE_ENV'] = 'production'
  await build({
    configFile: join(import.meta.dirname, '..', 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: folder },
    plugins: [withoutTheirHints],
    worker: { plugins: () => [withoutTheirHints] },
  })
  await copyReference(folder)
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const file of files) {
    if (file.isFile() && COMPRESSIBLE.test(file.name)) await compress(join(file.parentPath, file.name))
  }
  const manifest = buildManifest.parse(
    JSON.parse(await readFile(join(folder, '.vite', 'manifest.json'), 'utf8')),
  )
  const firstLoad = await Promise.all(
    ['index.html', ...firstLoadFiles(manifest, [CROWDED_PAGE, CROWDED_PAGE_WORDS])].map(async (file) => ({
      file,
      bytes: compressed(await readFile(join(folder, file))).length,
    })),
  )
  const firstLoadBytes = firstLoad.reduce((sum, { bytes }) => sum + bytes, 0)
  if (firstLoadBytes > FIRST_LOAD_MAX_BYTES) {
    const parts = firstLoad.map(({ file, bytes }) => `${file} ${bytes}`).join(', ')
    throw new Error(
      `the waiting page loads ${firstLoadBytes} bytes, at most ${FIRST_LOAD_MAX_BYTES} are allowed: ${parts}`,
    )
  }
  return { firstLoad, firstLoadBytes }
}

/**
 * Leaves out what is no fault of ours: React's libraries say "use client" for servers that render pages, which nobody does here, and zod has
 * hints for another bundler.
 */
const withoutTheirHints: Plugin = {
  name: 'without-their-hints',
  onLog: (_level, { code }) =>
    code === 'MODULE_LEVEL_DIRECTIVE' || code === 'INVALID_ANNOTATION' ? false : null,
}

function compressed(content: Buffer): Buffer {
  return gzipSync(content, { level: constants.Z_BEST_COMPRESSION })
}

async function compress(path: string): Promise<void> {
  const content = await readFile(path)
  if (content.length < COMPRESSED_FROM_BYTES) return
  await writeFile(`${path}.gz`, compressed(content))
  // Nginx makes the ETag of time and size; with one time for both, a cache sees two encodings of one version.
  const now = new Date()
  await utimes(path, now, now)
  await utimes(`${path}.gz`, now, now)
}
