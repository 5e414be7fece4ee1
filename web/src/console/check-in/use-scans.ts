import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { api } from '../../api.ts'
import { settle } from '../../settle.ts'
import { checkInsQuery } from './door-queries.ts'
import { outcomeOf, withOutcome, withScan } from './scans.ts'
import type { Outcome, Scan } from './scans.ts'

/** The tickets that were shown at a door, the last one first. */
export interface Scans {
  scans: readonly Scan[]
  /** Checks a ticket; one that is being checked is not sent a second time. */
  check: (code: string) => void
}

/**
 * Checks tickets at the door of a show. Each scan has a key that is kept until its answer is known, under the ticket's own code: where an
 * answer was lost, the same ticket shown again gets that answer, and another ticket does not wait for it.
 */
export function useScans(scheduleId: number, onOutcome: (outcome: Outcome) => void): Scans {
  const queries = useQueryClient()
  const [scans, setScans] = useState<readonly Scan[]>([])
  const atWork = useRef(new Set<string>())
  const lastId = useRef(0)
  const check = async (code: string): Promise<void> => {
    if (atWork.current.has(code)) return
    atWork.current.add(code)
    const id = (lastId.current += 1)
    const tell = (outcome: Outcome): void => setScans((before) => withOutcome(before, id, outcome))
    setScans((before) => withScan(before, { id, code, outcome: { kind: 'pending' } }))
    const outcome = await send(scheduleId, code, () => tell({ kind: 'unknown' }))
    atWork.current.delete(code)
    tell(outcome)
    onOutcome(outcome)
    await queries.invalidateQueries({ queryKey: checkInsQuery(scheduleId).queryKey })
  }
  return { scans, check: (code) => void check(code) }
}

async function send(scheduleId: number, code: string, onUnknown: () => void): Promise<Outcome> {
  const body = { code, scheduleId }
  try {
    const { data } = await settle({
      purpose: `console.check-in.${scheduleId}.${code}`,
      body,
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
