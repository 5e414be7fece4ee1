import { useWords } from '../use-words.ts'

/** Says from when on seats of the show can be taken again, to whom they are refused until then. */
export function HoldAgain({ at }: { at: string | null }) {
  const { t, moment } = useWords()
  return at === null ? null : <p>{t('release.again', { time: moment(at) })}</p>
}
