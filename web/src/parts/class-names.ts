/** The classes that there are, as an element takes them; a module of styles knows only those that it says something of. */
export function classNames(...names: readonly (string | undefined)[]): string {
  return names.filter((name) => name !== undefined).join(' ')
}
