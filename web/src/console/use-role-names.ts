import { useWords } from '../use-words.ts'
import type { Role } from './use-roles.ts'

/** What roles are called in a sentence: one of several, or several together. */
export function useRoleNames(): Record<'oneOf' | 'allOf', (roles: readonly Role[]) => string> {
  const { t, language } = useWords()
  const listed = (type: Intl.ListFormatType) => (roles: readonly Role[]) =>
    new Intl.ListFormat(language, { type }).format(roles.map((role) => t(`console.role.${role}`)))
  return { oneOf: listed('disjunction'), allOf: listed('conjunction') }
}
