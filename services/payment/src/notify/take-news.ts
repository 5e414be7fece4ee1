import type { MessageHandlers } from '@frontrow/messaging/handlers'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction, onCommit, together } from '@frontrow/postgres/transaction'
import { chooseNotice } from '../notices/choose-notices.ts'
import { insertNotices } from '../notices/sql/notices.ts'
import { toWebhookEvent } from '../webhooks/event-types.ts'
import { insertDeliveries } from '../webhooks/sql/deliveries.ts'
import type { NewDelivery } from '../webhooks/sql/deliveries.ts'
import { listWanted } from '../webhooks/sql/webhooks.ts'
import type { NotifyEvents } from './events.ts'
import { newsReaders } from './news.ts'
import type { News } from './news.ts'

/** What taking news works with. */
export interface NewsContext {
  pool: Pool
  events: NotifyEvents
  /** Null where no mail is sent. */
  notices: { holdNoticeMs: number; wake: () => void } | null
  webhooks: { wake: () => void }
}

/**
 * Writes what follows from events: the mails of people and the deliveries to webhooks, all in one transaction. There is no row in the
 * inbox: the service's own consumer group, which has the same schema, has claimed some of these messages there. Each row made here
 * is unique for its event, so an event that comes again makes none.
 */
export function newsHandlers(ctx: NewsContext): MessageHandlers<News> {
  return {
    readers: newsReaders,
    handleMany: (messages) =>
      takeNews(
        ctx,
        messages.map(({ content }) => content),
      ),
  }
}

async function takeNews(ctx: NewsContext, news: readonly News[]): Promise<void> {
  const { notices, webhooks } = ctx
  const wanted = notices === null ? [] : news.flatMap((one) => chooseNotice(one, notices) ?? [])
  await inTransaction(ctx.pool, async (tx) => {
    const [receivers, unaddressed] = await together([
      listWanted(tx),
      wanted.length === 0 ? [] : insertNotices(tx, wanted),
    ])
    const deliveries = deliveriesOf(news, receivers)
    if (deliveries.length > 0) await insertDeliveries(tx, deliveries)
    onCommit(tx, () => {
      for (const kind of unaddressed) ctx.events.addressMissing(kind)
      if (wanted.length > 0) notices?.wake()
      if (deliveries.length > 0) webhooks.wake()
    })
  })
}

function deliveriesOf(
  news: readonly News[],
  receivers: readonly { webhookId: string; eventTypes: readonly string[] }[],
): NewDelivery[] {
  if (receivers.length === 0) return []
  return news
    .map(toWebhookEvent)
    .flatMap((event) =>
      receivers
        .filter(({ eventTypes }) => eventTypes.includes(event.eventType))
        .map(({ webhookId }) => ({ ...event, webhookId })),
    )
}
