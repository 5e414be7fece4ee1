import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { QueueContext } from '../context.ts'
import { isLive } from '../places/queue-tokens.ts'
import type { Asker, SpentChallenge } from './join-check.ts'
import type { Claims } from './verified-claim.ts'

/** What somebody brings to a join by themselves. Admins who join for others bring nothing, and are not checked. */
export interface Joiner {
  checkAnswer: string | undefined
  claims: () => Claims
}

/** What the transaction of a join has to hold against other joins. */
export interface JoinMarks {
  spends?: SpentChallenge | undefined
  claimHash?: Buffer | undefined
}

const ANSWERS_FIELD = 'checkAnswer'

/**
 * Checks who joins: the answer to the challenge, and the claim that has one place. Refuses with JOIN_CHECK_REQUIRED, JOIN_CHECK_FAILED or
 * JOIN_CLAIM_REQUIRED. The claim is looked at first, because it costs nothing and no new answer would help.
 */
export async function checkJoiner(ctx: QueueContext, asker: Asker, joiner: Joiner): Promise<JoinMarks> {
  const { joinCheck, hashClaim } = ctx
  const claimHash = hashClaim?.(joiner.claims())
  if (joinCheck.kind === 'none') return { claimHash }
  const { checkAnswer } = joiner
  if (checkAnswer === undefined) {
    ctx.events.joinChecked(joinCheck.kind, 'MISSING')
    throw answerMissing(ctx, asker)
  }
  const verdict = await joinCheck.verify(checkAnswer, asker)
  if (verdict.outcome === 'REFUSED') {
    ctx.events.joinChecked(joinCheck.kind, verdict.fault)
    throw answerRefused(ctx, asker, verdict.fault)
  }
  ctx.events.joinChecked(joinCheck.kind, verdict.outcome)
  return { claimHash, spends: verdict.outcome === 'PASSED' ? verdict.spends : undefined }
}

/**
 * Turns a refusal of the check into QUEUE_TOKEN_EXISTS for who has a place: a join whose answer was lost may be sent again, though its
 * challenge is spent.
 */
export async function existingPlaceFirst(
  ctx: QueueContext,
  { scheduleId, userId }: Asker,
  error: unknown,
): Promise<unknown> {
  if (!isRefusal(error, 'JOIN_CHECK_REQUIRED') && !isRefusal(error, 'JOIN_CHECK_FAILED')) return error
  const place = await ctx.placeLooks.add(scheduleId, userId)
  return place !== undefined && isLive(place, ctx.now().getTime()) ? placeExists() : error
}

/** The refusal of who has a place in this line. */
export function placeExists(): Refusal {
  return refuse('QUEUE_TOKEN_EXISTS', 'you have a place in this waiting room; PUT reissues its token')
}

/** The refusal of who comes with the claim of another account. */
export function claimTaken({ config: { JOIN_CLAIM: claim } }: QueueContext): Refusal {
  return refuse('JOIN_CLAIM_TAKEN', `another account with your ${claim} has the place in this waiting room`, {
    details: { claim },
  })
}

function answerMissing(ctx: QueueContext, asker: Asker): Refusal {
  return refuse(
    'JOIN_CHECK_REQUIRED',
    `${ANSWERS_FIELD} is required: get a challenge, and send its answer with the join`,
    { details: hint(ctx, asker) },
  )
}

/** `fault` is told, so that an honest client knows whether a new challenge will do. */
export function answerRefused(ctx: QueueContext, asker: Asker, fault: string): Refusal {
  return refuse('JOIN_CHECK_FAILED', `${ANSWERS_FIELD} was not taken; get a new challenge and answer that`, {
    details: { ...hint(ctx, asker), reason: fault },
  })
}

function hint({ joinCheck }: QueueContext, { scheduleId }: Asker): object {
  return {
    field: ANSWERS_FIELD,
    check: joinCheck.kind,
    challengeEndpoint: `/api/v1/queue/schedules/${scheduleId}/challenge`,
  }
}
