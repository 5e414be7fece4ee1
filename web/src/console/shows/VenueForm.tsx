import type { BodyOf } from '@frontrow/client/routes'
import { useId } from 'react'
import { api } from '../../api.ts'
import { Button } from '../../parts/Button.tsx'
import { useWords } from '../../use-words.ts'
import type { Say } from '../../words.ts'
import { TextField } from '../form/Field.tsx'
import { TypedFields } from '../form/typed-fields.ts'
import { useForm } from '../form/use-form.ts'
import type { Checked, Values } from '../form/use-form.ts'
import { WriteNote } from '../form/WriteNote.tsx'
import type { Venue } from './show-queries.ts'
import styles from '../form/Form.module.css'

type NewVenue = BodyOf<'post', '/api/v1/admin/venues'>

// Browsers leave UTC out of their list, and call it a name all the same.
const timeZones = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])]

/** Makes a venue. Which time zones there are the API knows; the list is what the browser knows. */
export function VenueForm({ onDone, onClose }: { onDone: (venue: Venue) => unknown; onClose: () => void }) {
  const { t } = useWords()
  const zonesId = useId()
  const form = useForm<NewVenue, Venue>({
    purpose: 'console.venue',
    begin: {
      name: '',
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      address: '',
      city: '',
    },
    check: checkVenue,
    send: (key, body) =>
      api.POST('/api/v1/admin/venues', { params: { header: { 'Idempotency-Key': key } }, body }),
    onDone,
  })
  return (
    <form ref={form.element} className={styles['form']} onSubmit={form.submit} noValidate>
      <TextField form={form} name="name" label={t('venueForm.name')} />
      <TextField
        form={form}
        name="timeZone"
        label={t('venueForm.timeZone')}
        hint={t('venueForm.timeZoneHint')}
        list={zonesId}
      />
      <datalist id={zonesId}>
        {timeZones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <TextField form={form} name="address" label={t('venueForm.address')} isOptional />
      <TextField form={form} name="city" label={t('venueForm.city')} isOptional />
      <WriteNote form={form} />
      <p className={styles['row']}>
        <Button type="submit" look="main" isDisabled={form.once.isPending}>
          {t('venueForm.create')}
        </Button>
        <Button look="quiet" isDisabled={form.once.isPending} onPress={onClose}>
          {t('write.cancel')}
        </Button>
      </p>
    </form>
  )
}

function checkVenue(values: Values, t: Say): Checked<NewVenue> {
  const fields = new TypedFields(values, t)
  const address = fields.optionalText('address', 300)
  const city = fields.optionalText('city', 100)
  return fields.checked({
    name: fields.text('name', 200),
    timeZone: fields.text('timeZone', 100),
    ...(address === undefined ? {} : { address }),
    ...(city === undefined ? {} : { city }),
  })
}
