import { useParams } from 'react-router'

/** A number in the page's address; undefined where it is none, which no page has. */
export function useNumber(name: string): number | undefined {
  const text = useParams()[name] ?? ''
  return /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : undefined
}
