import { useEffect, useState } from 'react'
import type { RefObject } from 'react'

/** Whether an element is within what is seen of the page. */
export function useIsOnScreen(element: RefObject<Element | null>): boolean {
  const [isSeen, setIsSeen] = useState(false)
  useEffect(() => {
    if (element.current === null) return
    const watching = new IntersectionObserver((entries) => setIsSeen(entries.at(-1)?.isIntersecting === true))
    watching.observe(element.current)
    return () => watching.disconnect()
  }, [element])
  return isSeen
}
