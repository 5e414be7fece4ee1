import { isDeepStrictEqual } from 'node:util'
import type { Answer } from './api-client.ts'

/**
 * Compares two answers to the same request with the same key. Returns how they differ in a way they must not, undefined
 * where they agree. After a 202, which is not settled yet, the other answer may say how the same payment ended.
 */
export function compareAnswers<T>(
  first: Answer<T>,
  second: Answer<T>,
  identity: (data: T) => string,
): string | undefined {
  const difference = `${describe(first)}, then ${describe(second)}`
  if (first.kind === 'refused' && second.kind === 'refused') {
    return first.refusal.code === second.refusal.code ? undefined : difference
  }
  const isOpen = [first, second].some((answer) => answer.kind === 'ok' && answer.status === 202)
  if (first.kind === 'refused' || second.kind === 'refused') return isOpen ? undefined : difference
  if (identity(first.data) !== identity(second.data)) {
    return `two effects: ${identity(first.data)} and ${identity(second.data)}`
  }
  if (isOpen) return undefined
  if (first.status !== second.status) return difference
  return isDeepStrictEqual(first.data, second.data)
    ? undefined
    : `${JSON.stringify(first.data)}, then ${JSON.stringify(second.data)}`
}

function describe<T>(answer: Answer<T>): string {
  return answer.kind === 'ok' ? String(answer.status) : `${answer.refusal.status} ${answer.refusal.code}`
}
