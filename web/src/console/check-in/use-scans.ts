import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { api } from '../../api.ts'
import type { Store } from '../../browser-store.ts'
import { settle } from '../../settle.ts'
import { checkInsQuery } from './door-queries.ts'
import { doorStore, forgetOldTry } from './door-tries.ts'
import { outcomeOf, withOutcome, withScan } from './scans.ts'
import type { Outcome, Scan } from './scans.ts'

/** The tickets that were shown at a door, the last one first. */
export interface Scans {
  scans: readonly Scan[]
  /** Checks a ticket; one that is being checked is not sent a second time, and is what is shown again. */
  check: (code: string) => void
}

/**
 * Checks tickets at the door of a show. Each scan has a key that is kept until its answer is known, under the ticket's own code: where an
 * answer was lost, the same ticket shown again soon gets that answer, and another ticket does not wait for it. `onOutcome` is told what came of
 * the ticket that was shown last, and of no other.
 */
export function useScans(scheduleId: number, onOutcome: (outcome: Outcome) => void): Scans {
  const queries = useQueryClient()
  const [scans, setScans] = useState<readonly Scan[]>([])
  const [store] = useState(doorStore)
  const atWork = useRef(new Map<string, number>())
  const lastId = useRef(0)
  const shownId = useRef(0)
  const check = async (code: string): Promise<void> => {
    const knownId = atWork.current.get(code)
    const id = knownId ?? (lastId.current += 1)
    shownId.current = id
    const tell = (outcome: Outcome): void => setScans((before) => withOutcome(before, id, outcome))
    setScans((before) => withScan(before, { id, code, outcome: { kind: 'pending' } }))
    if (knownId !== undefined) return
    atWork.current.set(code, id)
    const outcome = await send(scheduleId, code, store, () => tell({ kind: 'unknown' }))
    atWork.current.delete(code)
    tell(outcome)
    if (shownId.current === id) onOutcome(outcome)
    await queries.invalidateQueries({ queryKey: checkInsQuery(scheduleId).queryKey })
  }
  return { scans, check: (code) => void check(code) }
}

async function send(scheduleId: number, code: string, store: Store, onUnknown: () => void): Promise<Outcome> {
  const body = { code, scheduleId }
  const purpose = `console.check-in.${scheduleId}.${code}`
  forgetOldTry(purpose, store, Date.now())
  try {
    const { data } = await settle({
      purpose,
      body,
      store,
      tell: onUnknown,
      send: (key) =>
        api.POST('/api/v1/admin/tickets/check-in', {
          params: { header: { 'Idempotency-Key': key } },
          body,
          timeoutMs: 6_000,
        }),
    })
    return { kind: 'in', admitted: data }
  } catch (error) {
    return outcomeOf(error)
  }
}
