import { Refusal } from '@frontrow/refusals/refusal'
import type { RefusalKind } from '@frontrow/refusals/refusal'
import { z } from 'zod'

/** A refusal as it is stored under an Idempotency-Key. */
export const storedRefusal = z.object({ code: z.string(), message: z.string(), details: z.unknown() })

export type StoredRefusal = z.output<typeof storedRefusal>

/** What is stored of a refusal. */
export function toStoredRefusal({ code, message, details }: Refusal): StoredRefusal {
  return { code, message, details }
}

/** The same refusal again. Throws where this version does not know its code. */
export function fromStoredRefusal(
  { code, message, details }: StoredRefusal,
  kindOf: (code: string) => RefusalKind | undefined,
): Refusal {
  const kind = kindOf(code)
  if (kind === undefined) throw new Error(`a refusal is stored with the unknown code ${code}`)
  return new Refusal(code, kind, message, { details })
}
