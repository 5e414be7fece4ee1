/** A widget of either provider: both have the same calls, under other names. */
interface WidgetApi {
  render: (place: HTMLElement, options: Record<string, unknown>) => string | number
  remove: (widget: string | number) => void
}

const PROGRAMS = {
  turnstile: 'https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit',
  hcaptcha: 'https://js.hcaptcha.com/1/api.js?render=explicit',
} as const

/** A program that takes longer is taken to be away. */
const LOADED_WITHIN_MS = 20_000
/** The longest that a person may take; a provider's answer is good for two to five minutes itself. */
const ANSWERED_WITHIN_MS = 300_000

/**
 * Shows the widget of a provider, and resolves to the answer that it gives; undefined where its program can't be loaded, or it can't be shown, or gives none.
 * The policy of the pages lets these programs in only where the gateway knows of the check.
 */
export async function answerWidget({
  kind,
  siteKey,
  place,
  signal,
}: {
  kind: keyof typeof PROGRAMS
  siteKey: string
  place: HTMLElement
  signal: AbortSignal
}): Promise<string | undefined> {
  let widgets: WidgetApi
  try {
    widgets = await loadWidgets(kind)
  } catch (error) {
    console.warn(error)
    return undefined
  }
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  const timer = setTimeout(() => resolve(undefined), ANSWERED_WITHIN_MS)
  let widget: string | number | undefined
  try {
    widget = widgets.render(place, {
      sitekey: siteKey,
      callback: (answer: string) => resolve(answer),
      'error-callback': (code: unknown) => {
        console.warn('the widget of the check has failed', code)
        resolve(undefined)
      },
      language: document.documentElement.lang,
      hl: document.documentElement.lang,
    })
  } catch (error) {
    console.warn('the widget of the check was not shown', error)
    resolve(undefined)
  }
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    if (widget !== undefined) widgets.remove(widget)
  }
}

const loading = new Map<string, Promise<WidgetApi>>()

async function loadWidgets(kind: keyof typeof PROGRAMS): Promise<WidgetApi> {
  const known = loading.get(kind)
  if (known !== undefined) return known
  const program = load(kind)
  loading.set(kind, program)
  // The next press tries again.
  program.catch(() => loading.delete(kind))
  return program
}

async function load(kind: keyof typeof PROGRAMS): Promise<WidgetApi> {
  const script = document.createElement('script')
  script.src = PROGRAMS[kind]
  script.async = true
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  script.addEventListener('load', () => resolve(), { once: true })
  script.addEventListener('error', () => reject(new Error(`the program of ${kind} did not load`)), {
    once: true,
  })
  const timer = setTimeout(() => reject(new Error(`the program of ${kind} is late`)), LOADED_WITHIN_MS)
  document.head.append(script)
  try {
    await promise
  } catch (error) {
    script.remove()
    throw error
  } finally {
    clearTimeout(timer)
  }
  const api: unknown = Reflect.get(globalThis, kind)
  if (!isWidgetApi(api)) throw new Error(`the program of ${kind} is another one`)
  return api
}

function isWidgetApi(api: unknown): api is WidgetApi {
  return (
    typeof api === 'object' &&
    api !== null &&
    typeof Reflect.get(api, 'render') === 'function' &&
    typeof Reflect.get(api, 'remove') === 'function'
  )
}
