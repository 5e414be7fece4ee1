import { once } from 'node:events'
import { createServer } from 'node:http'

/** What the stand-in says to an answer; `hang` says nothing, `broken` is a page of an intermediary. */
type Verdict = { success: boolean; 'error-codes'?: string[] } | 'hang' | 'broken'

/** Stands in for the siteverify of Turnstile and hCaptcha, which no test can reach. */
export interface SiteVerifyStandIn {
  url: string
  /** The forms that were sent, as objects. */
  asked: Record<string, string>[]
  /** Set by a test. */
  say: (answer: string) => Verdict
  stop(): Promise<void>
}

/** Starts it. It takes each answer once, as both providers do. */
export async function startSiteVerify(): Promise<SiteVerifyStandIn> {
  const server = createServer(async (request, response) => {
    let body: unknown[]
    try {
      body = await request.toArray()
    } catch {
      // The check has a deadline, and may have left before its form was read.
      response.destroy()
      return
    }
    const form = Object.fromEntries(new URLSearchParams(body.join('')))
    standIn.asked.push(form)
    const verdict = standIn.say(form['response'] ?? '')
    if (verdict === 'hang') return
    if (verdict === 'broken')
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>')
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(verdict))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the stand-in has no port')
  const taken = new Set<string>()
  const standIn: SiteVerifyStandIn = {
    url: `http://127.0.0.1:${address.port}/siteverify`,
    asked: [],
    say: (answer) => {
      if (!answer.startsWith('good-')) return { success: false, 'error-codes': ['invalid-input-response'] }
      if (taken.has(answer)) return { success: false, 'error-codes': ['timeout-or-duplicate'] }
      taken.add(answer)
      return { success: true }
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return standIn
}
