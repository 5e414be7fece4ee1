import { useWords } from '../../use-words.ts'
import { AuditCheck } from '../audit/AuditCheck.tsx'
import { Panel } from './Panel.tsx'

/** The audit, without leaving the screen. */
export function AuditPanel() {
  const { t } = useWords()
  return (
    <Panel title={t('console.audit.title')} area="audit">
      <AuditCheck isFolded />
    </Panel>
  )
}
