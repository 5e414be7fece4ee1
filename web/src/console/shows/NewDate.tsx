import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useDeferredValue } from 'react'
import { useNavigate } from 'react-router'
import { api } from '../../api.ts'
import { digitsOf } from '../../formats.ts'
import { NotFound } from '../../pages/NotFound.tsx'
import { Await } from '../../parts/Await.tsx'
import { Button, ButtonLink } from '../../parts/Button.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { useNumber } from '../../use-ids.ts'
import { useInstallation } from '../../use-installation.ts'
import { useWords } from '../../use-words.ts'
import { useMorePages } from '../use-more-pages.ts'
import { CheckField, SelectField, TextField } from '../form/Field.tsx'
import { useForm } from '../form/use-form.ts'
import type { Form } from '../form/use-form.ts'
import { WriteNote } from '../form/WriteNote.tsx'
import { checkNewDate, chosenVenue, firstNewDate } from './new-date.ts'
import { SectionRows } from './SectionRows.tsx'
import { optionalTimes, timeFields, timeHint } from './schedule-times.ts'
import { adminConcertQuery, venuesQuery } from './show-queries.ts'
import type { NewSchedule, Venue } from './show-queries.ts'
import styles from '../form/Form.module.css'

/** Where a concert gets another date, with its seats. */
export default function NewDate() {
  const concertId = useNumber('concertId')
  return concertId === undefined ? <NotFound /> : <OfConcert concertId={concertId} />
}

function OfConcert({ concertId }: { concertId: number }) {
  const { t } = useWords()
  const concert = useQuery(adminConcertQuery(concertId))
  const venues = useInfiniteQuery(venuesQuery())
  useMorePages(venues, true)
  const installation = useInstallation()
  return (
    <Await isPage query={concert}>
      {({ data: { title } }) => (
        <>
          <PageTitle title={t('newDate.title')} above={title} />
          <Await query={venues}>
            {({ pages }) => {
              const items = pages.flatMap((page) => page.items)
              if (installation === undefined) return <Loading />
              if (items.length === 0) {
                return (
                  <>
                    <p>{t('newDate.noVenues')}</p>
                    <ButtonLink to="/console/shows/venues" look="main">
                      {t('shows.venues')}
                    </ButtonLink>
                  </>
                )
              }
              return (
                <NewDateForm concertId={concertId} venues={items} digits={digitsOf(installation.currency)} />
              )
            }}
          </Await>
        </>
      )}
    </Await>
  )
}

function NewDateForm({
  concertId,
  venues,
  digits,
}: {
  concertId: number
  venues: readonly Venue[]
  digits: number
}) {
  const { t } = useWords()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const form = useForm<NewSchedule, { scheduleId: number }>({
    purpose: `console.date.${concertId}`,
    begin: firstNewDate(venues),
    check: (values, say) => checkNewDate(values, venues, digits, say),
    send: (key, body) =>
      api.POST('/api/v1/admin/concerts/{concertId}/schedules', {
        params: { path: { concertId }, header: { 'Idempotency-Key': key } },
        body,
      }),
    onDone: ({ scheduleId }) => {
      void queries.invalidateQueries({ queryKey: ['console', 'schedules', concertId] })
      return navigate(`/console/shows/dates/${scheduleId}`)
    },
  })
  const timeZone = chosenVenue(form.values, venues)?.timeZone ?? 'UTC'
  const drawn = useDeferredValue(form.values)
  return (
    <form ref={form.element} className={styles['wide']} onSubmit={form.submit} noValidate>
      <SelectField
        form={form}
        name="venueId"
        label={t('newDate.venue')}
        options={venues.map(({ venueId, name, city }) => ({
          value: String(venueId),
          label: city === null ? name : `${name}, ${city}`,
        }))}
      />
      <Times form={form} timeZone={timeZone} />
      <CheckField
        form={form}
        name="noOrphanSeats"
        label={t('newDate.noOrphanSeats')}
        hint={t('newDate.noOrphanSeatsHint')}
      />
      <SectionRows form={form} drawn={drawn} digits={digits} />
      <WriteNote form={form} />
      <p className={styles['row']}>
        <Button type="submit" look="main" isDisabled={form.once.isPending}>
          {form.once.isPending ? t('newDate.making') : t('newDate.create')}
        </Button>
        {/* What is on its way can't be kept from being made. */}
        {form.once.isPending ? null : (
          <ButtonLink to={`/console/shows/concerts/${concertId}`} look="quiet">
            {t('write.cancel')}
          </ButtonLink>
        )}
      </p>
    </form>
  )
}

function Times({ form, timeZone }: { form: Form<unknown>; timeZone: string }) {
  const { t } = useWords()
  return (
    <fieldset className={styles['group']}>
      <legend>{t('newDate.times')}</legend>
      <p className={styles['hint']}>{t('newDate.timesIn', { timeZone })}</p>
      <div className={styles['columns']}>
        {timeFields.map((name) => (
          <TextField
            key={name}
            form={form}
            name={name}
            type="datetime-local"
            label={t(`time.${name}`)}
            isOptional={optionalTimes.has(name)}
            hint={timeHint(name, t)}
          />
        ))}
      </div>
    </fieldset>
  )
}
