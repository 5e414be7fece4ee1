/** What can be asked of who joins, besides being signed in. */
export const joinCheckKinds = ['none', 'proof-of-work', 'turnstile', 'hcaptcha'] as const

/** One of them. */
export type JoinCheckKind = (typeof joinCheckKinds)[number]

/** For whom an answer is, and in which line. */
export interface Asker {
  userId: string
  scheduleId: number
}

/** What somebody has to do before a join; `check` is of the kind that made it. */
export type Challenge =
  | { check: 'none' }
  | { check: 'proof-of-work'; challenge: string; difficulty: number; expiresAt: string }
  | { check: 'turnstile' | 'hcaptcha'; siteKey: string }

/** A challenge that is over with the join which it was answered for. */
export interface SpentChallenge {
  seal: Buffer
  expiresAtMs: number
}

/** Why an answer was not taken: it is none of this check, of somebody else or another line, its time is over, or it is no solution. */
export type AnswerFault = 'MALFORMED' | 'NOT_YOURS' | 'EXPIRED' | 'WRONG'

/** What a check makes of an answer. UNCHECKED: its provider is away, and it is set to let people in then. */
export type Verdict =
  | { outcome: 'PASSED'; spends?: SpentChallenge }
  | { outcome: 'UNCHECKED' }
  | { outcome: 'REFUSED'; fault: AnswerFault }

/** A check at the join. Its provider, where it has one, is behind it; who uses it knows only the challenge and the verdict. */
export interface JoinCheck {
  readonly kind: JoinCheckKind
  /** It is made anew each time, and nothing of it is stored. */
  challenge(asker: Asker): Challenge
  /** Refuses with UNAVAILABLE where its provider is away and nobody is to be let in then. */
  verify(answer: string, asker: Asker): Promise<Verdict>
  /** Ends what it keeps running. */
  stop(): void
}
