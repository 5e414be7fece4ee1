import { useMemo, useState } from 'react'
import type { FormEvent } from 'react'
import { Button } from '../../parts/Button.tsx'
import type { LayoutSeat } from '../../seat-map/plan-seats.ts'
import { useWords } from '../../use-words.ts'
import { SelectField, TextField } from '../form/Field.tsx'
import { TypedFields } from '../form/typed-fields.ts'
import { rowsBySection, seatsInRange } from './seat-blocks.ts'
import styles from '../form/Form.module.css'

/** Chooses seats by section, row and number: the way that needs no picture, and the quick one for whole rows. */
export function SeatRange({
  layout,
  states,
  onChoose,
}: {
  layout: readonly LayoutSeat[]
  /** A letter a seat, `A` for what can be chosen. */
  states: string
  onChoose: (seatIds: readonly number[]) => void
}) {
  const { t } = useWords()
  const sections = useMemo(() => rowsBySection(layout), [layout])
  const [typed, setTyped] = useState<Record<string, string>>({})
  const [isAsked, setIsAsked] = useState(false)
  const section = typed['section'] ?? [...sections.keys()][0] ?? ''
  const rows = sections.get(section) ?? new Map<string, number>()
  const row = rows.has(typed['row'] ?? '') ? (typed['row'] ?? '') : ([...rows.keys()][0] ?? '')
  const last = rows.get(row) ?? 1
  const values = { section, row, from: typed['from'] ?? '1', to: typed['to'] ?? String(last) }
  const fields = new TypedFields(values, t)
  const from = fields.wholeNumber('from', 1, last)
  const to = fields.wholeNumber('to', 1, last)
  if (from > to) fields.note('to', t('blocks.order'))
  const found = seatsInRange(layout, states, { section, row, from, to })
  if (found.length === 0) fields.note('from', t('blocks.nothingThere'))
  const form = {
    values,
    set: (field: string, value: string) => {
      setIsAsked(false)
      // Another row has other numbers.
      const kept = field === 'section' || field === 'row' ? { section, row } : typed
      setTyped({ ...kept, [field]: value })
    },
    problem: (field: string) => (isAsked ? fields.problems[field] : undefined),
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const isGood = Object.keys(fields.problems).length === 0
    setIsAsked(!isGood)
    if (isGood) onChoose(found)
  }
  return (
    <form className={styles['section']} onSubmit={submit} noValidate aria-label={t('blocks.range')}>
      <SelectField
        isShort
        form={form}
        name="section"
        label={t('sections.section')}
        options={options(sections)}
      />
      <SelectField isShort form={form} name="row" label={t('blocks.row')} options={options(rows)} />
      <TextField isShort form={form} name="from" label={t('blocks.from')} inputMode="numeric" />
      <TextField isShort form={form} name="to" label={t('blocks.to')} inputMode="numeric" />
      <Button type="submit">{t('blocks.add')}</Button>
    </form>
  )
}

function options(names: ReadonlyMap<string, unknown>): { value: string; label: string }[] {
  return [...names.keys()].map((name) => ({ value: name, label: name }))
}
