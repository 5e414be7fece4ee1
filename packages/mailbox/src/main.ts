/**
 * A mail server for trying things out: it catches every mail and shows it on a page. Nothing is sent anywhere, nothing is stored. In
 * production it refuses to start.
 */
import { nodeEnv } from '@frontrow/settings/node-env'
import { readSettings } from '@frontrow/settings/read-settings'
import { z } from 'zod'
import { Mailbox } from './mailbox.ts'
import { serveMailbox } from './mailbox-page.ts'

const NOT_IN_PRODUCTION =
  'is production, where this mailbox must not run: it shows all mail to whoever opens its page; name a mail server by SMTP_URL'

const settingsSchema = z.object({
  NODE_ENV: nodeEnv.refine((value) => value !== 'production', NOT_IN_PRODUCTION),
  HOST: z.string().default('127.0.0.1'),
  MAILBOX_SMTP_PORT: z.coerce.number().int().min(0).max(65_535),
  MAILBOX_HTTP_PORT: z.coerce.number().int().min(0).max(65_535),
})

async function main(): Promise<void> {
  // Compose starts every container; where mail goes elsewhere, this one has nothing to do.
  const instead = ['SMTP_URL', 'SMTP_URL_FILE'].find((name) => process.env[name])
  if (instead !== undefined) {
    process.stdout.write(`mailbox: ${instead} is set, so mail goes there, and the mailbox is not used\n`)
    return
  }
  const { HOST, MAILBOX_SMTP_PORT, MAILBOX_HTTP_PORT } = readSettings(settingsSchema, process.env)
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
}

try {
  await main()
} catch (error) {
  process.stderr.write(`mailbox: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
