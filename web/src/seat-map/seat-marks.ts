/** How a seat is drawn. Each has a shape of its own, so that no two are told apart by colour alone. */
export type Mark = 'free' | 'held' | 'sold' | 'blocked' | 'chosen' | 'mine'

/** Whether the person may choose seats of that mark, or take the choice back. */
export function isOpen(mark: Mark): boolean {
  return mark === 'free' || mark === 'chosen'
}

/**
 * The mark of a seat by its letter in the API's compact states. A letter that this version does not know, or none, is a seat that
 * can't be had.
 */
export function markOf(letter: string | undefined, isChosen: boolean, isMine: boolean): Mark {
  if (isMine) return 'mine'
  switch (letter) {
    case 'A':
      return isChosen ? 'chosen' : 'free'
    case 'H':
      return 'held'
    case 'S':
      return 'sold'
    default:
      return 'blocked'
  }
}
