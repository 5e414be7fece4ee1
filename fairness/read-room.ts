import { genesisHash, AdmissionChain } from './admission-chain.ts'
import { toAdmission } from './admissions.ts'
import type { Admission } from './admissions.ts'
import { PAGE_ENTRIES_MAX } from './answers.ts'
import type { FairnessAnswer } from './answers.ts'
import { toEnd } from './ends.ts'
import type { End } from './ends.ts'
import { FairnessProblem } from './fairness-problem.ts'
import { Findings } from './findings.ts'
import type { Check } from './findings.ts'
import type { NotedRoom } from './noted.ts'

/** A limit of three million entries: each takes half a kilobyte (measured), and by default Node may use 2 GB. */
const PAGES_MAX = 3_000

/** Asks for the page that begins at a number. */
export type AskPage = (from: number) => Promise<FairnessAnswer>

/** A room as it was published at one moment, with the checks that are made while it is read. */
export interface RoomReading {
  /** The first answer. The log is checked up to its length; entries that are added meanwhile are left out. */
  readonly published: FairnessAnswer
  readonly admissions: readonly Admission[]
  readonly ends: readonly End[]
  /** Rule 2, on the log as a whole. */
  readonly logChecks: readonly Check[]
}

/** Reads the log page by page, and follows its hashes on the way. */
export async function readRoom(
  ask: AskPage,
  { scheduleId, head }: Pick<NotedRoom, 'scheduleId' | 'head'>,
): Promise<RoomReading> {
  const published = await ask(1)
  const { length } = published.log
  if (length > PAGES_MAX * PAGE_ENTRIES_MAX) {
    throw new FairnessProblem(
      `the log has ${length} entries: more than ${PAGES_MAX} pages of them are not read`,
    )
  }
  const chain = new AdmissionChain(genesisHash(scheduleId, published.commitment), head)
  const changes = new PublishedChanges(published)
  const admissions: Admission[] = []
  const ends: End[] = []
  for await (const page of pagesFrom(ask, published)) {
    changes.compare(page)
    for (const entry of upTo(length, page)) {
      chain.follow(entry)
      if (entry.kind === 'ADMITTED') admissions.push(toAdmission(entry))
      else ends.push(toEnd(entry))
    }
  }
  return {
    published,
    admissions,
    ends,
    logChecks: [chain.checkHashes(published.log), chain.checkNotedHead(), changes.toCheck()],
  }
}

async function* pagesFrom(ask: AskPage, first: FairnessAnswer): AsyncGenerator<FairnessAnswer> {
  let from = 1
  let page = first
  for (let pages = 1; ; pages += 1) {
    yield page
    const next = page.nextFrom
    if (next === null || next > first.log.length) return
    if (next <= from) throw new FairnessProblem(`the page from ${from} is followed by the page from ${next}`)
    if (pages >= PAGES_MAX) throw new FairnessProblem(`the log has more than ${PAGES_MAX} pages`)
    from = next
    page = await ask(from)
  }
}

/** Leaves out what was added after the first answer. An entry whose number is out of order within the page stays, and is reported. */
function upTo(length: number, { entries }: FairnessAnswer): FairnessAnswer['entries'] {
  return entries.slice(0, entries.findLastIndex(({ number }) => number <= length) + 1)
}

/** Checks that a later answer does not contradict an earlier one. */
class PublishedChanges {
  readonly #findings = new Findings()
  #last: FairnessAnswer
  #answers = 0

  constructor(first: FairnessAnswer) {
    this.#last = first
  }

  compare(next: FairnessAnswer): void {
    const isOlder = (next.serverTime ?? '') < (this.#last.serverTime ?? '')
    const [last, answer] = isOlder ? [next, this.#last] : [this.#last, next]
    this.#answers += 1
    this.#compareText('commitment', last.commitment, answer.commitment)
    this.#compareText('seed', last.seed, answer.seed)
    this.#compareText('draw', asText(last.draw), asText(answer.draw))
    if (answer.log.length < last.log.length) {
      this.#findings.add(() => `the log got shorter: ${answer.log.length} after ${last.log.length} entries`)
    } else if (answer.log.length === last.log.length) {
      this.#compareText(`head at number ${last.log.length}`, last.log.head, answer.log.head)
    }
    this.#last = answer
  }

  toCheck(): Check {
    const seen = `${this.#answers.toLocaleString('en')} ${this.#answers === 1 ? 'answer' : 'answers'}`
    return this.#findings.toCheck('what was published stays while it is read', seen)
  }

  /** A value that was not published yet may appear; one that was published may not change. */
  #compareText(name: string, before: string | null, now: string | null): void {
    if (before !== null && before !== now) this.#findings.add(() => `the ${name} was ${before}, then ${now}`)
  }
}

function asText(draw: FairnessAnswer['draw']): string | null {
  return draw === null ? null : `${draw.entries} entries, closed ${draw.closedAt}, drawn ${draw.drawnAt}`
}
