import { parse } from 'node:querystring'
import type { ParsedUrlQuery } from 'node:querystring'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { FieldProblem } from './parse-input.ts'

/** What a path or a query is told that is not so. */
export const ENCODING_RULE = 'must be UTF-8, percent-encoded'

/**
 * Reads the query of a URL; a parameter that is there twice becomes a list. Refuses with INVALID_REQUEST what is not UTF-8, which Node would
 * read as text with replacement characters, and a `%` that begins no escape.
 */
export function readQuery(text: string | null): ParsedUrlQuery {
  if (text === null) return {}
  const problems = text
    .split('&')
    .filter((part) => !isWellEncoded(part))
    .map((part): FieldProblem => {
      const name = part.split('=', 1)[0] ?? ''
      return {
        in: 'query',
        field: isWellEncoded(name) ? decodeURIComponent(name) : 'query',
        rule: ENCODING_RULE,
      }
    })
  const [first] = problems
  if (first === undefined) return parse(text)
  throw generalRefusal('INVALID_REQUEST', `${first.field}: ${first.rule}`, { details: problems })
}

function isWellEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
