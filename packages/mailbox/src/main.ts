/** A mail server for trying things out: it catches every mail and shows it on a page. Nothing is sent anywhere, nothing is stored. */
import { z } from 'zod'
import { Mailbox } from './mailbox.ts'
import { serveMailbox } from './mailbox-page.ts'

const settings = z.object({
  HOST: z.string().default('127.0.0.1'),
  MAILBOX_SMTP_PORT: z.coerce.number().int().min(0).max(65_535),
  MAILBOX_HTTP_PORT: z.coerce.number().int().min(0).max(65_535),
})

const { HOST, MAILBOX_SMTP_PORT, MAILBOX_HTTP_PORT } = settings.parse(process.env)
// Some 12 MB: a mail of ours has 4 kB.
const mailbox = new Mailbox({ mailsMax: 3_000, mailBytesMax: 100_000 })
const smtpPort = await mailbox.listen(HOST, MAILBOX_SMTP_PORT)
const page = await serveMailbox(mailbox, HOST, MAILBOX_HTTP_PORT)
process.stdout.write(`catching mail on ${HOST}:${smtpPort}\n`)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    page.closeAllConnections()
    page.close()
    void mailbox.close().finally(() => process.exit(0))
  })
}
