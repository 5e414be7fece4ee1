import { PageTitle } from '../../parts/PageTitle.tsx'
import { useWords } from '../../use-words.ts'

/** Placeholder of the skeleton. */
export default function OnSale() {
  const { t } = useWords()
  return <PageTitle title={t('console.nav.onSales')} />
}
