/** HTML that is safe to show: whatever was put into it as text has been escaped. Only `markup` makes it. */
export class Markup {
  readonly html: string

  constructor(strings: TemplateStringsArray, values: readonly MarkupValue[]) {
    this.html = String.raw({ raw: strings }, ...values.map(toHtml))
  }
}

/** What a template takes: text, which is escaped, and HTML, alone or in a list. */
type MarkupValue = string | Markup | readonly Markup[]

/** Writes HTML: markup`<p>${anything}</p>`. */
export function markup(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return new Markup(strings, values)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function toHtml(value: MarkupValue): string {
  if (value instanceof Markup) return value.html
  if (typeof value !== 'string') return value.map(({ html }) => html).join('')
  return value.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
}
