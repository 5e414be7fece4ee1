import { useMemo } from 'react'
import { Button } from '../../parts/Button.tsx'
import { useWords } from '../../use-words.ts'
import { TextField } from '../form/Field.tsx'
import { TypedFields } from '../form/typed-fields.ts'
import type { Form, Values } from '../form/use-form.ts'
import { MapPreview } from './MapPreview.tsx'
import {
  addSection,
  countSeats,
  countSections,
  previewSeats,
  readSection,
  removeSection,
  SECTIONS_MAX,
  sectionPath,
} from './section-fields.ts'
import styles from '../form/Form.module.css'

/** The sections of a new date, with a picture of the hall that they come to. `drawn` are the fields that the picture shows. */
export function SectionRows({ form, drawn, digits }: { form: Form<unknown>; drawn: Values; digits: number }) {
  const { t, count } = useWords()
  const sections = countSections(form.values)
  const whole = useMemo(() => wholeSections(drawn, digits), [drawn, digits])
  const seats = useMemo(() => previewSeats(whole), [whole])
  const problem = form.problem('sections')
  return (
    <fieldset className={styles['group']}>
      <legend>{t('sections.title')}</legend>
      {Array.from({ length: sections }, (_, at) => (
        <fieldset key={at} className={styles['section']}>
          <legend className="unseen">{t('sections.number', { number: at + 1 })}</legend>
          <TextField isShort form={form} name={sectionPath(at, 'section')} label={t('sections.section')} />
          <TextField isShort form={form} name={sectionPath(at, 'grade')} label={t('sections.grade')} />
          <TextField
            isShort
            form={form}
            name={sectionPath(at, 'price')}
            label={t('sections.price')}
            inputMode={digits === 0 ? 'numeric' : 'decimal'}
          />
          <TextField
            isShort
            form={form}
            name={sectionPath(at, 'rows')}
            label={t('sections.rows')}
            inputMode="numeric"
          />
          <TextField
            isShort
            form={form}
            name={sectionPath(at, 'seatsPerRow')}
            label={t('sections.seatsPerRow')}
            inputMode="numeric"
          />
          {sections === 1 ? null : (
            <Button look="quiet" onPress={() => form.replace(removeSection(form.values, at))}>
              {t('sections.remove', { number: at + 1 })}
            </Button>
          )}
        </fieldset>
      ))}
      {problem === undefined ? null : (
        <p className={styles['problem']} role="alert">
          {problem}
        </p>
      )}
      <p className={styles['row']}>
        <Button isDisabled={sections >= SECTIONS_MAX} onPress={() => form.replace(addSection(form.values))}>
          {t('sections.add')}
        </Button>
        <span role="status">
          {t('sections.total', { count: countSeats(whole), seats: count(countSeats(whole)) })}
        </span>
      </p>
      {seats === undefined ? (
        <p className={styles['hint']}>{t('sections.noPreview')}</p>
      ) : (
        <MapPreview layout={seats} />
      )}
    </fieldset>
  )
}

/** The sections that are filled in rightly: those can be drawn. */
function wholeSections(values: Values, digits: number) {
  return Array.from({ length: countSections(values) }, (_, at) => at).flatMap((at) => {
    const fields = new TypedFields(values, (key) => key)
    const section = readSection(fields, at, digits, (key) => key)
    return Object.keys(fields.problems).length === 0 ? [section] : []
  })
}
