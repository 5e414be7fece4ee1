import { useId } from 'react'
import type { ReactNode } from 'react'
import { classNames } from '../../parts/class-names.ts'
import { Freshness } from '../Freshness.tsx'
import type { Live } from '../use-live.ts'
import styles from './Panel.module.css'

/** A named part of the screen. What is old in it is said to be old. */
export function Panel({
  title,
  area,
  live,
  children,
}: {
  title: string
  area: string
  live?: Live<unknown>
  children: ReactNode
}) {
  const id = useId()
  return (
    <section aria-labelledby={id} className={classNames(styles['panel'], styles[area])}>
      <div className={styles['head']}>
        <h2 id={id}>{title}</h2>
        {live === undefined ? null : <Freshness live={live} />}
      </div>
      {children}
    </section>
  )
}
