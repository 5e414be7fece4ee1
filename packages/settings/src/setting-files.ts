import { readFileSync, statSync } from 'node:fs'

/** Ends the name of a setting that names a file with the value of another one: X_FILE is where X is. */
export const FILE_ENDING = '_FILE'
/** No setting is longer, and a file that is may be another one by mistake. */
const BYTES_MAX = 65_536

/** The variables of a process with what its files hold, and what is wrong with them, a line for each. */
export interface SettingTexts {
  texts: Record<string, string>
  problems: string[]
}

/**
 * Reads each setting X of `names` from the file that X_FILE names, as the secrets of Docker and Kubernetes are given, and leaves out
 * what is empty. The line break at the end of a file is not part of it. Problems do not repeat contents.
 */
export function readSettingTexts(
  names: Iterable<string>,
  env: Readonly<Record<string, string | undefined>>,
): SettingTexts {
  const texts: Record<string, string> = {}
  const problems: string[] = []
  for (const [name, value] of Object.entries(env)) if (value) texts[name] = value
  for (const name of names) {
    const file = texts[name + FILE_ENDING]
    if (file === undefined) continue
    const { text, problem } = readText(file)
    if (problem !== undefined) problems.push(`${name}${FILE_ENDING}: ${problem}`)
    if (text === undefined || text === '') continue
    if (texts[name] === undefined) texts[name] = text
    else problems.push(`${name}${FILE_ENDING}: is set beside ${name}; set one of them`)
  }
  return { texts, problems }
}

function readText(file: string): { text?: string; problem?: string } {
  try {
    // Looked at before it is opened: a pipe that nobody writes to would hold the start, and a device may have no end.
    const found = statSync(file)
    if (!found.isFile()) return { problem: `must name a regular file${shown(file)}` }
    if (found.size > BYTES_MAX)
      return { problem: `the file must have ${BYTES_MAX} bytes at most${shown(file)}` }
    return { text: readFileSync(file, 'utf8').replace(/\r?\n$/, '') }
  } catch (error) {
    const why = Error.isError(error) && 'code' in error ? String(error.code) : String(error)
    return { problem: `the file can't be read by this process (${why})${shown(file)}` }
  }
}

/** The path, for a message. What does not begin as a path does may be the secret itself, put there by mistake. */
function shown(file: string): string {
  return /^(?:\.{1,2})?\//.test(file)
    ? `: ${file}`
    : '; its name is not repeated, since it does not begin as a path (/ or ./) and may be the secret itself'
}
