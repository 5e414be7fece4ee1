import { z } from 'zod'

/** Which addresses webhooks may have; asked when one is registered, and again at each connection. */
export const webhookAddressSettings = {
  WEBHOOK_ALLOW_PRIVATE: z
    .enum(['yes', 'no'])
    .default('no')
    .describe(
      'whether webhooks may go to private, loopback and other special addresses, and without TLS; for development',
    ),
}
