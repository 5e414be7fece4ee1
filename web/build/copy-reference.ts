import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'

const ROOT = join(import.meta.dirname, '..', '..')
const PAGE = join(ROOT, 'services', 'catalog', 'docs-page')
const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
const LARGE_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']

/** Copies the API reference beside the pages: the page, its files under their version, and the document. */
export async function copyReference(folder: string): Promise<void> {
  const docs = join(folder, 'docs')
  await mkdir(docs)
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(SWAGGER_UI, 'package.json'), 'utf8')))
  // The gateway lets browsers keep for ever what they asked for by a version.
  const html = await readFile(join(PAGE, 'index.html'), 'utf8')
  const versioned = LARGE_FILES.reduce((page, file) => page.replace(`/docs/${file}`, `$&?v=${version}`), html)
  await writeFile(join(docs, 'index.html'), versioned)
  await copyFile(join(PAGE, 'show-reference.js'), join(docs, 'show-reference.js'))
  for (const file of LARGE_FILES) await copyFile(join(SWAGGER_UI, file), join(docs, file))
  await copyFile(join(ROOT, 'docs', 'openapi.json'), join(docs, 'openapi.json'))
}
