import type { z } from 'zod'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { InputSchemas, ParsedInput } from './route.ts'

/** One field that broke a rule, as `details` of INVALID_REQUEST lists it. */
export interface FieldProblem {
  in: 'path' | 'query' | 'header' | 'body'
  field: string
  rule: string
}

/** The parts of a request before they are checked. */
export interface RawInput {
  params: unknown
  query: unknown
  headers: unknown
  body: unknown
}

/** Checks the parts of a request by the schemas of its route; refuses with INVALID_REQUEST and every broken rule. */
export function parseInput<R extends InputSchemas>(route: R, raw: RawInput): ParsedInput<R> {
  const problems: FieldProblem[] = []
  const read = <S extends z.ZodType>(
    schema: S | undefined,
    value: () => unknown,
    place: FieldProblem['in'],
  ) => {
    if (schema === undefined) return undefined
    const given = value()
    const parsed = schema.safeParse(given)
    if (parsed.success) return parsed.data
    problems.push(...problemsOf(parsed.error, place, given))
    return undefined
  }
  const params = read(route.params, () => raw.params, 'path')
  const query = read(route.query, () => raw.query, 'query')
  const headers = read(route.headers, () => raw.headers, 'header')
  const body = read(route.body, () => raw.body, 'body')
  if (problems.length > 0) {
    const first = problems[0]
    const text = first === undefined ? '' : `${first.field}: ${first.rule}`
    throw generalRefusal('INVALID_REQUEST', text, { details: problems })
  }
  // The assertion is sound, because each part was parsed by its own schema above. TypeScript can't follow that through
  // the optional schemas.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { params, query, body, headers } as ParsedInput<R>
}

function problemsOf(error: z.ZodError, place: FieldProblem['in'], given: unknown): FieldProblem[] {
  const problems = error.issues.flatMap((issue): FieldProblem[] => {
    const path = issue.path.join('.')
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        in: place,
        field: path === '' ? key : `${path}.${key}`,
        rule: 'there is no such field',
      }))
    }
    if (place === 'query' && isRepeated(given, path))
      return [{ in: place, field: path, rule: 'must be there once' }]
    if (place === 'body' && path === '' && issue.code === 'invalid_type') {
      return [{ in: place, field: 'body', rule: 'must be a JSON object' }]
    }
    return [{ in: place, field: path || place, rule: issue.message }]
  })
  // What is of another type breaks rules about lengths and characters too, which say nothing then.
  const ofAnotherType = new Set(
    error.issues.filter(({ code }) => code === 'invalid_type').map(({ path }) => path.join('.')),
  )
  return problems.filter(
    ({ field }, index) =>
      !ofAnotherType.has(field) || problems.findIndex((problem) => problem.field === field) === index,
  )
}

function isRepeated(query: unknown, name: string): boolean {
  return typeof query === 'object' && query !== null && Array.isArray(Reflect.get(query, name))
}
