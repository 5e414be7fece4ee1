import type { QueueContext } from '../context.ts'
import type { PlaceNote } from './note-place.ts'

/** What a hold says about the place that made it. */
export type HoldNote = Extract<PlaceNote, { kind: 'EXTENDED' | 'USED' }>

/**
 * Notes what the holds of a place say about it: an extension to the deadline of a hold that it made, or its end, because its last
 * live hold was paid. Repeating either changes nothing, and a newer place of the same person has another sequence.
 *
 * Between the commit of a hold and the arrival of its event (some tens of ms, or as long as Kafka is away) the place keeps its old
 * deadline. A place whose deadline passes in that time ends, because its slot may already belong to the next person. The hold
 * stays and can be paid, since paying needs no place. To refresh it, its owner needs a new place.
 */
export async function noteHold(ctx: QueueContext, scheduleId: number, note: HoldNote): Promise<void> {
  const noted = await ctx.notes.add(scheduleId, note)
  if (noted !== null && note.kind === 'USED') ctx.events.ended(scheduleId, 'USED', 1)
}
