import { DIFFICULTY_MAX } from '@frontrow/proof-of-work/proof'
import { whole } from '@frontrow/service-host/config'
import { z } from 'zod'
import { joinCheckKinds } from './join-check.ts'

/** A claim by its path in the token, e.g. `phone_number` or `realm.person.id`. */
const claimPath = z
  .string()
  .regex(/^[\w:/-]+(?:\.[\w:/-]+)*$/, 'must be the path of a claim, such as phone_number')

/** Settings of the check at the join, and of the claim that has one place. */
export const joinCheckSettings = {
  JOIN_CHECK: z
    .enum(joinCheckKinds)
    .default('none')
    .describe(
      'what is asked of who joins, against bots: `proof-of-work` needs nobody else; `turnstile` and `hcaptcha` ask their provider. The gateway needs the same value',
    ),
  JOIN_CHECK_SECRET: z
    .string()
    .min(32)
    .optional()
    .describe(
      'signs challenges of the proof of work and hides claims; needed for both, the same on every instance: `openssl rand -base64 32`',
    ),
  JOIN_CHECK_DIFFICULTY: whole(1, DIFFICULTY_MAX, 17).describe(
    'zero bits of a proof of work: each doubles the work, and 17 take a laptop half a second',
  ),
  JOIN_CHECK_ANSWER_MS: whole(1_000, 3_600_000, 300_000).describe('how long a challenge may be answered'),
  JOIN_CHECK_SITE_KEY: z
    .string()
    .regex(/^[\w-]{8,100}$/)
    .optional()
    .describe("the provider's site key, which the pages show its widget with"),
  JOIN_CHECK_PROVIDER_SECRET: z.string().min(8).optional().describe("the provider's secret key"),
  JOIN_CHECK_VERIFY_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('where answers are verified, instead of the address of the provider'),
  JOIN_CHECK_TIMEOUT_MS: whole(100, 10_000, 2_000).describe('a provider that takes longer is away'),
  JOIN_CHECK_WHEN_AWAY: z
    .enum(['open', 'closed'])
    .default('closed')
    .describe('while the provider is away: `open` lets people join unchecked, `closed` answers 503'),
  JOIN_CLAIM: claimPath
    .optional()
    .describe(
      'path of a claim of the token, such as phone_number: accounts with the same value have one place in a waiting room, and without it none',
    ),
  JOIN_CLAIM_VERIFIED: claimPath
    .optional()
    .describe(
      'path of a claim that has to be true for JOIN_CLAIM to count, such as phone_number_verified; JOIN_CLAIM needs it. `none` where nobody can write JOIN_CLAIM into their own account',
    ),
}

/** The checked form of these settings. */
export type JoinCheckSettings = z.output<z.ZodObject<typeof joinCheckSettings>>
