import { lazy, Suspense, useState } from 'react'
import { Button } from '../parts/Button.tsx'
import { Loading } from '../parts/Loading.tsx'
import { PartFailure } from '../parts/PageFailure.tsx'
import { useWords } from '../use-words.ts'
import type { DrawId } from './draw-note.ts'

const DrawCheck = lazy(() => import('./load-draw-check.ts').then(({ loadDrawCheck }) => loadDrawCheck()))

/** Checks the draw where it is pressed; what does it is loaded then. */
export function CheckDrawButton({ draw }: { draw: DrawId }) {
  const { t } = useWords()
  const [isAsked, setIsAsked] = useState(false)
  if (!isAsked) {
    return (
      <Button look="quiet" onPress={() => setIsAsked(true)}>
        {t('line.checkDraw')}
      </Button>
    )
  }
  return (
    <PartFailure>
      <Suspense fallback={<Loading />}>
        <DrawCheck draw={draw} />
      </Suspense>
    </PartFailure>
  )
}
