import { z } from 'zod'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { createExchange } from './http-exchange.ts'

/** A mail as the mailbox of `npm start` shows it. */
export interface Mail {
  readonly messageId: string
  readonly to: readonly string[]
  /** What it tells, such as CONFIRMATION; undefined of a mail that is none of ours. */
  readonly notice: string | undefined
}

/** Reads the mails that were caught. */
export interface MailboxReader {
  /** All that is kept, and whether older ones were dropped since the reader was made. */
  read(): Promise<{ mails: Mail[]; dropped: boolean }>
  close(): void
}

const TIMEOUT_MS = 10_000
const AT_ONCE = 16
const listAnswer = z.array(z.object({ number: z.number().int().positive() }))
const mailAnswer = z.object({
  messageId: z.string(),
  to: z.array(z.string()),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
})

/** A reader that asks for each mail once. Throws a SetupProblem where `url` is no mailbox. */
export async function openMailbox(url: string): Promise<MailboxReader> {
  const exchange = createExchange(url, AT_ONCE, TIMEOUT_MS)
  /** Undefined where there is no such page. */
  const get = async <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const { status, text } = await exchange
      .send({ method: 'GET', path, headers: {} })
      .catch((cause: unknown) => {
        throw new SetupProblem(`no mailbox answers at ${url}: npm start says its address`, { cause })
      })
    if (status === 404) return undefined
    const parsed = status === 200 ? schema.safeParse(JSON.parse(text)) : undefined
    if (parsed?.success !== true)
      throw new SetupProblem(`${url}${path} is no answer of a mailbox (${status})`)
    return parsed.data
  }
  const numbers = async (): Promise<number[]> => {
    const list = await get('/mails', listAnswer)
    if (list === undefined) throw new SetupProblem(`${url} is no mailbox: npm start says its address`)
    return list.map(({ number }) => number).toSorted((a, b) => a - b)
  }
  const before = (await numbers()).at(-1) ?? 0
  const known = new Map<number, Mail>()
  return {
    async read() {
      const kept = await numbers()
      const unread = kept.filter((number) => number > before && !known.has(number)).values()
      const oldest = kept[0] ?? 1
      let dropped = oldest - 1 > before && !known.has(oldest - 1)
      const work = async (): Promise<void> => {
        for (const number of unread) {
          const mail = await get(`/mails/${number}`, mailAnswer)
          if (mail === undefined) dropped = true
          else known.set(number, toMail(mail))
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work))
      return { mails: [...known.values()], dropped }
    },
    close: () => exchange.close(),
  }
}

function toMail({ messageId, to, headers }: z.output<typeof mailAnswer>): Mail {
  const notice = headers.find(({ name }) => name.toLowerCase() === 'frontrow-notice')?.value
  return { messageId, to, notice }
}
