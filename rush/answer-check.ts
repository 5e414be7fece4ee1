import { findProof } from '@frontrow/proof-of-work/proof'
import { z } from 'zod'
import type { Pauses } from './pauses.ts'

/** What a challenge of the API asks. */
export const challengeAnswer = z.object({
  check: z.enum(['none', 'proof-of-work', 'turnstile', 'hcaptcha']),
  challenge: z.string().optional(),
  difficulty: z.int().optional(),
})

/** Where the challenges of a schedule's line come from. */
export function challengePath(scheduleId: number): string {
  return `/queue/schedules/${scheduleId}/challenge`
}

/** Some 7 ms, after which the other fans of this process have a turn. */
const TRIES_A_TURN = 2_000

/**
 * Finds the answer of a proof of work; undefined where the challenge is another one, which takes a person. Rejects with PausesEnded when the
 * shopping ends, since the hardest challenge takes a quarter of an hour.
 */
export async function answerCheck(
  { challenge, difficulty }: z.output<typeof challengeAnswer>,
  shopping: Pauses,
): Promise<string | undefined> {
  if (challenge === undefined || difficulty === undefined) return undefined
  for (let from = 0; ; from += TRIES_A_TURN) {
    const answer = findProof(challenge, difficulty, { from, tries: TRIES_A_TURN })
    if (answer !== undefined) return answer
    await shopping.pause(0)
  }
}
