import openapiTypes, { astToString } from 'openapi-typescript'
import type { OpenAPI3 } from 'openapi-typescript'

const HEADING = `// Made from docs/openapi.json by npm run generate; changes belong into the routes' schemas.\n\n`

/** The types of an OpenAPI document (JSON text) as a TypeScript module. The same document always makes the same bytes. */
export async function clientTypes(document: string): Promise<string> {
  const parsed: OpenAPI3 = JSON.parse(document)
  return HEADING + astToString(await openapiTypes(parsed))
}
