import { z } from 'zod'

// A parsed OpenAPI document is walked as plain JSON, because two versions of it may differ in anything.
type Json = string | number | boolean | null | readonly Json[] | JsonObject
interface JsonObject {
  readonly [key: string]: Json | undefined
}

const json: z.ZodType<Json> = z.json()

/** Which way a value goes: what a client sends may be taken more widely later, and what it gets may be narrower. */
type Way = 'sent' | 'answered'

const METHODS = ['get', 'post', 'put', 'patch', 'delete']
const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']
const UPPER_BOUNDS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems']
const RULES = [
  'pattern',
  'format',
  'const',
  'uniqueItems',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
]

const WORDS = ['description', 'summary', 'example', 'examples', 'title', 'tags', 'info', 'servers']

/** What of a document clients can come to rely on: all but its words. */
export function essentialOf(document: unknown): Json {
  return withoutWords(json.parse(document), false)
}

function withoutWords(value: Json, keysAreNames: boolean): Json {
  if (Array.isArray(value)) return value.map((one: Json) => withoutWords(one, false))
  if (!isObject(value)) return value
  return Object.fromEntries(
    entries(value)
      .filter(([key]) => keysAreNames || !WORDS.includes(key))
      .map(([key, one]) => [key, withoutWords(one, key === 'properties' && !keysAreNames)]),
  )
}

/** What a client that was written for the older document may fall over with the newer one, each by its name, in the order of the older one. */
export function breakingChanges(older: unknown, newer: unknown): string[] {
  const [before, after] = [older, newer].map((one) => inlined(essentialOf(one)))
  const found: string[] = []
  for (const [path, methods] of entries(at(before, 'paths'))) {
    for (const method of METHODS) {
      const was = at(methods, method)
      if (was === undefined) continue
      const name = `${method.toUpperCase()} ${path}`
      const is = at(after, 'paths', path, method)
      if (is === undefined) found.push(`${name} is gone`)
      else found.push(...compareOperation(was, is).map((change) => `${name}: ${change}`))
    }
  }
  return [...new Set(found)]
}

function compareOperation(before: Json, after: Json): string[] {
  const isFree = (operation: Json) => list(at(operation, 'security')).length === 0
  return [
    ...(isFree(before) && !isFree(after) ? ['needs a token now'] : []),
    ...compareRefusals(before, after),
    ...compareParameters(list(at(before, 'parameters')), list(at(after, 'parameters'))),
    ...compareBody(at(before, 'requestBody'), at(after, 'requestBody')),
    ...entries(at(before, 'responses')).flatMap(([status, was]) => {
      // There may be more or fewer codes of a status.
      if (Number(status) >= 400) return []
      const is = at(after, 'responses', status)
      return is === undefined ? [`${status} is not answered any more`] : compareResponse(status, was, is)
    }),
  ]
}

/**
 * A client that looks for a refusal by its status does not find it at another one. Routes of admins are told from those of everybody by their
 * 403, since both need the same token.
 */
function compareRefusals(before: Json, after: Json): string[] {
  const statuses = (operation: Json) => entries(at(operation, 'responses')).map(([status]) => status)
  const isRefusal = (status: string) => Number(status) >= 400
  return [
    ...statuses(before)
      .filter((status) => isRefusal(status) && !statuses(after).includes(status))
      .map((status) => `${status} is not answered any more`),
    ...(!statuses(before).includes('403') && statuses(after).includes('403') ? ['can be 403 now'] : []),
  ]
}

function compareParameters(before: readonly Json[], after: readonly Json[]): string[] {
  const nameOf = (one: Json) => `${text(at(one, 'in'))} parameter ${text(at(one, 'name'))}`
  const gone = before.filter((was) => !after.some((is) => nameOf(is) === nameOf(was)))
  return [
    ...gone.map((one) => `${nameOf(one)} is gone`),
    ...after.flatMap((is) => {
      const was = before.find((one) => nameOf(one) === nameOf(is))
      const isRequired = at(is, 'required') === true
      if (isRequired && (was === undefined || at(was, 'required') !== true))
        return [`${nameOf(is)} is required now`]
      return was === undefined ? [] : compareSchema(nameOf(is), at(was, 'schema'), at(is, 'schema'), 'sent')
    }),
  ]
}

function compareBody(before: Json | undefined, after: Json | undefined): string[] {
  if (before === undefined) return after === undefined ? [] : ['wants a body now']
  const isRequired = at(after, 'required') === true && at(before, 'required') !== true
  const types = entries(at(before, 'content')).flatMap(([type, was]) => {
    const is = at(after, 'content', type)
    return is === undefined
      ? [`takes no ${type} any more`]
      : compareSchema('body', at(was, 'schema'), at(is, 'schema'), 'sent')
  })
  return [...(after !== undefined && isRequired ? ['body is required now'] : []), ...types]
}

function compareResponse(status: string, before: Json, after: Json): string[] {
  const headers = entries(at(before, 'headers')).map(([name]) => name)
  return [
    ...headers
      .filter((name) => at(after, 'headers', name) === undefined)
      .map((name) => `${status} has no ${name} any more`),
    ...entries(at(before, 'content')).flatMap(([type, was]) => {
      const is = at(after, 'content', type)
      return is === undefined
        ? [`${status} is not ${type} any more`]
        : compareSchema(status, at(was, 'schema'), at(is, 'schema'), 'answered')
    }),
  ]
}

function compareSchema(name: string, before: Json | undefined, after: Json | undefined, way: Way): string[] {
  if (!isObject(before) || !isObject(after)) return []
  const [wasTypes, isTypes] = [before, after].map(typesOf)
  const [from = [], to = []] = way === 'sent' ? [wasTypes, isTypes] : [isTypes, wasTypes]
  return [
    ...(from.some((type) => !to.includes(type)) && to.length > 0
      ? [`${name} was ${wasTypes?.join(' or ')} and is ${isTypes?.join(' or ')}`]
      : []),
    ...compareEnum(name, before, after, way),
    ...(way === 'sent' ? compareRules(name, before, after) : []),
    ...compareProperties(name, before, after, way),
    ...compareSchema(`${name}[]`, before['items'], after['items'], way),
    ...compareChoices(name, before, after, way),
  ]
}

function compareEnum(name: string, before: JsonObject, after: JsonObject, way: Way): string[] {
  const [was, is] = [before, after].map((one) => list(one['enum']).map((value) => JSON.stringify(value)))
  if (was === undefined || is === undefined) return []
  // Without a list it can be anything.
  if (was.length === 0 || is.length === 0) {
    const isNarrower = way === 'sent' ? is.length > 0 : was.length > 0
    return isNarrower && was.length !== is.length
      ? [`${name} ${way === 'sent' ? `can only be ${is.join(' or ')} now` : 'can be anything now'}`]
      : []
  }
  return way === 'sent'
    ? was.filter((value) => !is.includes(value)).map((value) => `${name} can not be ${value} any more`)
    : is.filter((value) => !was.includes(value)).map((value) => `${name} can be ${value} now`)
}

function compareRules(name: string, before: JsonObject, after: JsonObject): string[] {
  const number = (value: Json | undefined, absent: number) => (typeof value === 'number' ? value : absent)
  const isStrict = ({ additionalProperties }: JsonObject) => additionalProperties === false
  return [
    ...(isStrict(after) && !isStrict(before) ? ['additionalProperties'] : []),
    ...LOWER_BOUNDS.filter((rule) => number(after[rule], -Infinity) > number(before[rule], -Infinity)),
    ...UPPER_BOUNDS.filter((rule) => number(after[rule], Infinity) < number(before[rule], Infinity)),
    ...RULES.filter(
      (rule) => after[rule] !== undefined && JSON.stringify(after[rule]) !== JSON.stringify(before[rule]),
    ),
  ].map((rule) => {
    const value = JSON.stringify(after[rule])
    // Patterns of names are long, and are in the reference.
    return `${name} has another ${rule}${value.length > 100 ? '' : `: ${value}`}`
  })
}

function compareProperties(name: string, before: JsonObject, after: JsonObject, way: Way): string[] {
  const [wasRequired, isRequired] = [before, after].map((one) => list(one['required']).map(text))
  const known = entries(before['properties'])
  const gone = known.filter(([property]) => at(after, 'properties', property) === undefined)
  const [from = [], to = []] = way === 'sent' ? [isRequired, wasRequired] : [wasRequired, isRequired]
  const other = from.filter(
    (property) => !to.includes(property) && at(after, 'properties', property) !== undefined,
  )
  return [
    ...gone.map(([property]) => `${name}.${property} is gone`),
    ...other.map(
      (property) => `${name}.${property} is ${way === 'sent' ? 'required now' : 'not always there any more'}`,
    ),
    ...known.flatMap(([property, was]) =>
      compareSchema(`${name}.${property}`, was, at(after, 'properties', property), way),
    ),
  ]
}

/** Alternatives are compared one by one; where there are others, which is which can't be told. */
function compareChoices(name: string, before: JsonObject, after: JsonObject, way: Way): string[] {
  const keys = way === 'sent' ? ['anyOf', 'allOf'] : ['anyOf', 'allOf', 'oneOf']
  return keys.flatMap((key) => {
    const [was, is] = [list(before[key]), list(after[key])]
    if (was.length !== is.length) return [`${name} has another ${key}`]
    return was.flatMap((one, index) => compareSchema(name, one, is[index], way))
  })
}

function typesOf(schema: JsonObject): string[] {
  const { type } = schema
  return (type === undefined ? [] : Array.isArray(type) ? type : [type]).map(text)
}

/** The same with each reference replaced by what it names; the documents have no circles. */
function inlined(document: Json): Json {
  const inline = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(inline)
    if (!isObject(value)) return value
    const { $ref } = value
    if (typeof $ref === 'string') return inline(at(document, ...$ref.replace('#/', '').split('/')) ?? null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inline(one ?? null)]))
  }
  return inline(document)
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function at(value: Json | undefined, ...keys: readonly string[]): Json | undefined {
  return keys.reduce<Json | undefined>((one, key) => (isObject(one) ? one[key] : undefined), value)
}

function entries(value: Json | undefined): [string, Json][] {
  return isObject(value) ? Object.entries(value).map(([key, one]) => [key, one ?? null]) : []
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}
