import { demoContact } from '@frontrow/identity-provider/accounts'
import type { SignIn } from './access.ts'
import { cancelShow, checkCancelledShow } from './cancel-show.ts'
import { checkHistory, checkMoney } from './check-history.ts'
import type { Check } from './check-history.ts'
import { checkMailsWhenSent } from './check-mails.ts'
import { collectFacts } from './collect-facts.ts'
import type { FinalFacts } from './history.ts'
import type { MailboxReader } from './mailbox.ts'
import type { Rush } from './rush.ts'

/** What the checks are made with. */
export interface EvidenceSources {
  readonly rush: Rush
  readonly signIn: SignIn
  readonly admin: string
  /** Undefined where the waiting room is off. */
  readonly maxActive: number | undefined
  /** Undefined where nobody asked to look into it. */
  readonly mailbox: MailboxReader | undefined
}

/** Asks what became of everything that the fans did, and cancels the show where that is asked for. */
export async function gatherEvidence(sources: EvidenceSources): Promise<Check[]> {
  const { rush, maxActive } = sources
  const { history, options } = rush
  console.log('Asking what became of every reservation, payment and wallet …')
  const sold = await collect(sources)
  const checks = [...checkHistory(history, sold, maxActive), ...(await mailChecks(sources, sold, sold))]
  if (!options.cancelShow) return checks
  console.log('Cancelling the show …')
  const pause = pauseOf(rush)
  const cancellation = await cancelShow(rush.api, sources.admin, rush.sale, pause)
  const facts = await collect(sources)
  return [
    ...checks,
    ...checkCancelledShow(history, sold, facts, cancellation),
    named('each wallet holds all that was charged', checkMoney(history, facts)),
    ...(await mailChecks(sources, sold, facts)).map((check) =>
      named('each refund is told by one mail', check),
    ),
  ]
}

function collect({ rush, signIn }: EvidenceSources): Promise<FinalFacts> {
  return collectFacts(rush.api, signIn, rush.history, pauseOf(rush))
}

async function mailChecks(
  { rush, mailbox }: EvidenceSources,
  sold: FinalFacts,
  facts: FinalFacts,
): Promise<Check[]> {
  if (mailbox === undefined) return []
  console.log('Waiting for the mails …')
  const told = { history: rush.history, sold, facts, emailOf: (user: string) => demoContact(user).email }
  return [await checkMailsWhenSent(mailbox, told, pauseOf(rush))]
}

const pauseOf =
  ({ settling }: Rush) =>
  (ms: number): Promise<void> =>
    settling.pause(ms)

function named(name: string, { checked, violations }: Check): Check {
  return { name: `after the show was cancelled, ${name}`, checked, violations }
}
