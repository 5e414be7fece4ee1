/** The table of joins in the bare stack. */
export const BARE_TABLE = 'queue.bare_tokens'
/** The key that joins and polls of now-serving read in the bare stack's Redis. */
export const BARE_ROOM_KEY = 'bare:room'
