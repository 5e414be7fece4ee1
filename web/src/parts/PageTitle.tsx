import { useEffect, useRef } from 'react'
import { useLocation } from 'react-router'
import styles from './PageTitle.module.css'

let shownPath: string | undefined

/** A page's heading and the window's title. After a change of page the focus goes here, so that a screen reader says where one is. */
export function PageTitle({
  title,
  windowTitle,
  above,
}: {
  title: string
  windowTitle?: string
  above?: string
}) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { pathname } = useLocation()
  useEffect(() => {
    // The first page is read from its beginning, as every page of the web.
    if (shownPath !== undefined && shownPath !== pathname) {
      heading.current?.focus({ preventScroll: true })
      window.scrollTo(0, 0)
    }
    shownPath = pathname
  }, [pathname])
  return (
    <div className={styles['title']}>
      <title>{`${windowTitle ?? title} · Frontrow`}</title>
      {above === undefined ? null : <p className={styles['above']}>{above}</p>}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
    </div>
  )
}
