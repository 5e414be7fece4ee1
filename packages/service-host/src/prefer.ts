// RFC 9110: token. The name of a preference is one, and so is its value, unless that is quoted.
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// A comma or a semicolon inside of quotes separates nothing.
const ELEMENT = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g
const BEFORE_PARAMETERS = /^(?:[^;"]|"(?:[^"\\]|\\.)*"?)*/

/**
 * Whether a client would rather have 202 and a place to ask than wait: `respond-async` in its Prefer header (RFC 7240). Several headers are one
 * list, as Node joins them. Preferences are wishes: those that nobody knows, and what is malformed, are passed over.
 */
export function prefersAsync(header: string | undefined): boolean {
  return header !== undefined && readPreferences(header).get('respond-async') === ''
}

/** Preferences by their names in lower case, each with its value or ''; of two with one name the first counts. Parameters are left out. */
function readPreferences(header: string): Map<string, string> {
  const preferences = new Map<string, string>()
  for (const [element] of header.matchAll(ELEMENT)) {
    const [preference = ''] = BEFORE_PARAMETERS.exec(element) ?? []
    const equals = preference.indexOf('=')
    const name = (equals < 0 ? preference : preference.slice(0, equals)).trim().toLowerCase()
    const value = equals < 0 ? '' : unquoted(preference.slice(equals + 1).trim())
    if (TOKEN.test(name) && !preferences.has(name)) preferences.set(name, value)
  }
  return preferences
}

function unquoted(word: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(word)
  return quoted?.[1]?.replaceAll(/\\(.)/g, '$1') ?? word
}
