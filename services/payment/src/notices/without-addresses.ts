// The local part may be quoted. What is in between angle brackets, or has been rewritten on its way, has this form too.
const ADDRESS = /(?:"[^"\r\n]*"|[^\s<>()[\]",;:@]+)@[^\s<>()",;:@]+/g

/** A text with all in it that may be a mail address left out. */
export function withoutAddresses(text: string): string {
  return text.replaceAll(ADDRESS, '[address]')
}
