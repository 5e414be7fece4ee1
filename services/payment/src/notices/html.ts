/** HTML that is safe to show: whatever was put into it as text has been escaped. Only the tag below makes it. */
export class Html {
  readonly text: string

  private constructor(text: string) {
    this.text = text
  }

  /** A template whose values are escaped, but for those that are HTML already, alone or in a list. */
  static of(strings: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
    return new Html(String.raw({ raw: strings }, ...values.map(asHtml)))
  }
}

/** Writes HTML: html`<p>${anything}</p>`. */
export const html = Html.of

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function asHtml(value: string | Html | readonly Html[]): string {
  if (value instanceof Html) return value.text
  if (typeof value !== 'string') return value.map(({ text }) => text).join('')
  return value.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
}
