import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HttpServer } from '@frontrow/service-host/http-server'

const DOCUMENT = fileURLToPath(new URL('../../../docs/openapi.json', import.meta.url))
const PAGE = fileURLToPath(new URL('../docs-page', import.meta.url))
const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

/** The files of the page, by path; nothing else of the folders is served. */
const files = [
  { path: '/docs', root: PAGE, file: 'index.html', maxAge: 0 },
  { path: '/docs/show-reference.js', root: PAGE, file: 'show-reference.js', maxAge: 0 },
  { path: '/docs/swagger-ui.css', root: SWAGGER_UI, file: 'swagger-ui.css', maxAge: '1d' },
  { path: '/docs/swagger-ui-bundle.js', root: SWAGGER_UI, file: 'swagger-ui-bundle.js', maxAge: '1d' },
  { path: '/docs/favicon-32x32.png', root: SWAGGER_UI, file: 'favicon-32x32.png', maxAge: '1d' },
]

// Swagger UI styles elements in place and draws its icons as data: images; nothing comes from elsewhere.
const CONTENT_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

/** The API reference: the document, and a page that shows it. All of it is served from here, so it works offline. */
export async function addDocs(http: HttpServer): Promise<void> {
  const document = await readFile(DOCUMENT)
  http.page('/api/v1/openapi.json', (_request, response) => {
    response.setHeader('Content-Type', 'application/json; charset=utf-8')
    response.setHeader('Cache-Control', 'no-cache')
    response.setHeader('Content-Length', document.length)
    response.end(document)
  })
  for (const { path, file, ...sending } of files) {
    http.page(path, (request, response, next) => {
      response.setHeader('Content-Security-Policy', CONTENT_POLICY)
      // These conditions are for writes. They are removed, because Express would refuse them with an answer in a form of its own.
      delete request.headers['if-match']
      delete request.headers['if-unmodified-since']
      response.sendFile(file, { ...sending, acceptRanges: false }, (cause?: Error) => {
        // A reader who has gone away needs no answer.
        if (cause !== undefined && !response.headersSent && !response.destroyed) {
          next(new Error(`${file} of the API reference can't be read`, { cause }))
        }
      })
    })
  }
}
