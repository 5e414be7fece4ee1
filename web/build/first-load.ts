import { z } from 'zod'

/** What Vite writes beside the pages: each chunk with what it imports at once and what it may load later. */
export const buildManifest = z.record(
  z.string(),
  z.object({
    file: z.string(),
    isEntry: z.boolean().optional(),
    imports: z.array(z.string()).optional(),
    dynamicImports: z.array(z.string()).optional(),
    css: z.array(z.string()).optional(),
  }),
)

type BuildManifest = z.output<typeof buildManifest>

/** The files that a browser needs before it can show a page: the entry, the page's own modules, and all that these import. */
export function firstLoadFiles(manifest: BuildManifest, modules: readonly string[]): string[] {
  const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry === true)
  if (entry === undefined) throw new Error('the build has no entry')
  const missing = modules.find((module) => manifest[module] === undefined)
  if (missing !== undefined) throw new Error(`the build has no chunk of its own for ${missing}`)
  const seen = new Set<string>()
  const visit = (name: string): void => {
    if (seen.has(name)) return
    seen.add(name)
    for (const imported of manifest[name]?.imports ?? []) visit(imported)
  }
  for (const module of [entry, ...modules]) visit(module)
  const chunks = [...seen].flatMap((name) => manifest[name] ?? [])
  return [...new Set(chunks.flatMap(({ file, css = [] }) => [file, ...css]))]
}
