import type { Context } from './context.ts'

/**
 * Keeps the buyer's token ACTIVE until the hold's deadline, so that there is time to pay. The hold stands either way: a
 * waiting room that is away for a moment must not cost anybody their seats.
 */
export async function extendToken(ctx: Context, token: string, until: Date): Promise<void> {
  try {
    await ctx.extendToken({ token, untilMs: until.getTime() })
  } catch (error) {
    ctx.logger.warn({ err: error }, 'a queue token was not extended to the deadline of its hold')
  }
}
