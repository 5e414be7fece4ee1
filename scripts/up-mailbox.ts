import { join } from 'node:path'
import { httpStatus } from '@frontrow/local-stack/http-status'
import { startProcess } from '@frontrow/local-stack/process'
import { compileCache } from './up-account.ts'
import type { Stack } from './up-stack.ts'

/** The ports of the process that sends mail, and of the mailbox that catches it. */
export interface NotifyPorts {
  ops: number
  mailbox: { smtp: number; http: number }
}

const ROOT = join(import.meta.dirname, '..')
const READY_DEADLINE_MS = 120_000
const STOP_DEADLINE_MS = 5_000

/** Whether a mailbox catches the mail; where SMTP_URL names a mail server, mail goes there. In production there is no mailbox. */
export function catchesMail(env: NodeJS.ProcessEnv): boolean {
  return !env['SMTP_URL'] && env['NODE_ENV'] !== 'production'
}

/** Where the process that sends mail takes it. */
export function mailEnv(env: NodeJS.ProcessEnv, { mailbox }: NotifyPorts): Record<string, string> {
  if (!catchesMail(env)) return {}
  return {
    SMTP_URL: `smtp://127.0.0.1:${mailbox.smtp}`,
    MAIL_FROM: env['MAIL_FROM'] || 'Frontrow <tickets@frontrow.example>',
  }
}

/** Starts the mailbox. It is reached from this machine only. */
export async function startMailbox(stack: Stack, { mailbox }: NotifyPorts): Promise<void> {
  await stack.start('mailbox', (signal) =>
    startProcess({
      name: 'mailbox',
      command: process.execPath,
      args: [
        '--max-semi-space-size=2',
        '--max-old-space-size=128',
        join(ROOT, 'packages/mailbox/src/main.ts'),
      ],
      cwd: ROOT,
      env: {
        HOST: '127.0.0.1',
        MAILBOX_SMTP_PORT: String(mailbox.smtp),
        MAILBOX_HTTP_PORT: String(mailbox.http),
        NODE_COMPILE_CACHE: compileCache(stack.dataFolder),
      },
      account: stack.account,
      ...stack.placement('mailbox'),
      signal,
      stopSignal: 'SIGTERM',
      stopDeadlineMs: STOP_DEADLINE_MS,
      readyDeadlineMs: READY_DEADLINE_MS,
      isReady: async () => (await httpStatus(mailbox.http, '/health')) === 200,
    }),
  )
}
