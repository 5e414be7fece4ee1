import type { ReactNode } from 'react'
import { useWords } from '../../use-words.ts'
import { useMayUse } from '../use-roles.ts'
import type { Needed } from '../use-roles.ts'
import { useRoleNames } from '../use-role-names.ts'
import { Panel } from './Panel.tsx'

/** A part of the screen that is for some roles; the others see its name, and whom it is for. */
export function OnlyFor({
  needed,
  title,
  area,
  children,
}: {
  needed: Needed
  title: string
  area: string
  children: ReactNode
}) {
  const { t } = useWords()
  const mayUse = useMayUse()
  const { oneOf } = useRoleNames()
  if (mayUse(needed)) return children
  return (
    <Panel title={title} area={area}>
      <p>{t('console.onlyFor.part', { roles: oneOf(['admin', ...needed]) })}</p>
    </Panel>
  )
}
