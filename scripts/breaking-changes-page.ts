import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { breakingChanges } from './breaking-changes.ts'

const RELEASES = join(import.meta.dirname, '..', 'docs', 'releases')

/** The API of the last release and what has changed since then, so that a client of it may fall over. */
export async function changesSinceRelease(document: string): Promise<{ release: string; changes: string[] }> {
  const versions = (await readdir(RELEASES))
    .flatMap((name) => /^openapi-(\d+\.\d+\.\d+)\.json$/.exec(name)?.[1] ?? [])
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  const release = versions.at(-1)
  if (release === undefined) throw new Error(`${RELEASES} has no release`)
  const older: unknown = JSON.parse(await readFile(join(RELEASES, `openapi-${release}.json`), 'utf8'))
  return { release, changes: breakingChanges(older, JSON.parse(document)) }
}

/** docs/breaking-changes.md for an API document (JSON text). */
export async function breakingChangesPage(document: string): Promise<string> {
  const { release, changes } = await changesSinceRelease(document)
  return [
    '# Breaking changes of the API',
    '',
    `What a client of ${release} (docs/releases) may fall over, by route. \`npm run generate\` writes this page; a line that is new here has to be meant,`,
    'and belongs into CHANGELOG.md.',
    '',
    ...(changes.length === 0 ? ['None.'] : changes.map((change) => `- \`${change}\``)),
    '',
  ].join('\n')
}
