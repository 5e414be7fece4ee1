import type { LayoutSeat } from '../../seat-map/plan-seats.ts'
import { SeatMap } from '../../seat-map/SeatMap.tsx'
import { useSeatMapTexts } from '../../seat-map/use-seat-map-texts.ts'
import { useWords } from '../../use-words.ts'

const NONE: ReadonlySet<number> = new Set()
const nothing: readonly [] = []

/** A hall as fans will see it, before it is made. */
export function MapPreview({ layout }: { layout: readonly LayoutSeat[] }) {
  const { t } = useWords()
  const texts = useSeatMapTexts()
  return (
    <SeatMap
      layout={layout}
      states={'A'.repeat(layout.length)}
      chosen={NONE}
      marks={nothing}
      texts={{
        ...texts,
        map: t('preview.map'),
        hint: t('preview.hint'),
      }}
    />
  )
}
