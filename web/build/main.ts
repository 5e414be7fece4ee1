/** Builds the pages into a folder that is emptied first: node web/build/main.ts /path/to/folder */
import { buildPages, FIRST_LOAD_MAX_BYTES } from './build-pages.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined || !folder.startsWith('/')) {
  process.stderr.write('name the folder by its full path: node web/build/main.ts /path/to/folder\n')
  process.exitCode = 1
} else {
  const { firstLoad, firstLoadBytes } = await buildPages(folder)
  for (const { file, bytes } of firstLoad) process.stdout.write(`${String(bytes).padStart(7)}  ${file}\n`)
  process.stdout.write(
    `${String(firstLoadBytes).padStart(7)}  bytes: first load of the waiting page, of ${FIRST_LOAD_MAX_BYTES} allowed\n`,
  )
}
