/** The table of joins in the bare stack. */
export const BARE_TABLE = 'queue.bare_tokens'
/** What a join of the bare stack reads in Redis. */
export const BARE_ROOM_KEY = 'bare:room'
