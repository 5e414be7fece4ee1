import { createHash, randomBytes } from 'node:crypto'

/** What a page has after a sign-in. */
export interface Tokens {
  access_token: string
  refresh_token: string
  id_token: string
  expires_in: number
}

/** Just enough of a browser for OpenID Connect: it keeps cookies, goes where it is sent, and sends forms. */
export class Browser {
  readonly #cookies = new Map<string, { value: string; path: string }>()
  readonly #issuer: string
  readonly #origin: string
  readonly #language: string

  /** `issuer` is where the provider is, `origin` where the page is that signs people in. */
  constructor(issuer: string, origin: string, language = 'en') {
    this.#issuer = issuer
    this.#origin = origin
    this.#language = language
  }

  /** One request, with the cookies of its path; redirects are not followed. */
  async visit(url: string, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url, this.#issuer)
    const cookies = [...this.#cookies].filter(([, { path }]) => target.pathname.startsWith(path))
    const response = await fetch(target, {
      ...init,
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        'accept-language': this.#language,
        cookie: cookies.map(([name, { value }]) => `${name}=${value}`).join('; '),
      },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const path = /; path=([^;]+)/i.exec(line)?.[1] ?? '/'
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, { value, path })
    }
    return response
  }

  /** Begins to sign in. Returns the first answer that is no redirect within the provider, and where it came from. */
  async authorize(
    verifier: string,
    changes: Record<string, string> = {},
  ): Promise<{ response: Response; url: string }> {
    const parameters = new URLSearchParams({
      client_id: 'frontrow-web',
      response_type: 'code',
      scope: 'openid profile email',
      redirect_uri: `${this.#origin}/signed-in`,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state: 'a-state',
      ...changes,
    })
    return this.follow(`${this.#issuer}/auth?${parameters.toString()}`)
  }

  /** Goes where it is sent, as long as that is a page of the provider. */
  async follow(url: string, init?: RequestInit): Promise<{ response: Response; url: string }> {
    let response = await this.visit(url, init)
    let at = url
    for (let hops = 0; hops < 6; hops += 1) {
      const location = response.headers.get('location')
      if (location === null) break
      const next = new URL(location, at)
      if (!next.pathname.startsWith('/identity/')) break
      at = next.href
      response = await this.visit(at)
    }
    return { response, url: at }
  }

  /** Sends a form of the sign-in page. */
  submit(url: string, fields: Record<string, string>): Promise<{ response: Response; url: string }> {
    return this.follow(url, { method: 'POST', body: new URLSearchParams(fields) })
  }

  /** Signs in from beginning to end and returns the tokens. */
  async signIn(user: string): Promise<Tokens> {
    const verifier = randomBytes(32).toString('base64url')
    const { url } = await this.authorize(verifier)
    const { response } = await this.submit(url, { user })
    const code = new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? ''
    return this.tokens(await this.redeem(code, verifier))
  }

  redeem(code: string, verifier: string): Promise<Response> {
    return this.token({
      grant_type: 'authorization_code',
      redirect_uri: `${this.#origin}/signed-in`,
      code,
      code_verifier: verifier,
    })
  }

  refresh(refreshToken: string): Promise<Response> {
    // A page without a resource sends an empty one when it refreshes (oidc-client-ts).
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken, resource: '' })
  }

  /** Asks for tokens as the page does, by a script of its own origin. */
  token(fields: Record<string, string>, origin = this.#origin): Promise<Response> {
    return fetch(`${this.#issuer}/token`, {
      method: 'POST',
      headers: { origin },
      body: new URLSearchParams({ client_id: 'frontrow-web', ...fields }),
    })
  }

  async tokens(response: Response): Promise<Tokens> {
    const body: unknown = await response.json()
    if (!isTokens(body)) throw new Error(`${response.status} ${JSON.stringify(body)}`)
    return body
  }
}

function isTokens(body: unknown): body is Tokens {
  return (
    typeof body === 'object' &&
    body !== null &&
    ['access_token', 'refresh_token', 'id_token'].every((name) => name in body)
  )
}
