import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useMemo, useState } from 'react'
import { api, dataOf, isRefusal } from '../../api.ts'
import { Button } from '../../parts/Button.tsx'
import { Choices } from '../../parts/Choices.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Note } from '../../parts/Note.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import type { LayoutSeat } from '../../seat-map/plan-seats.ts'
import { SeatMap } from '../../seat-map/SeatMap.tsx'
import { useSeatMapTexts } from '../../seat-map/use-seat-map-texts.ts'
import { useWords } from '../../use-words.ts'
import { adminSeatLayoutQuery, adminSeatStatesQuery } from '../queries.ts'
import { useWrite } from '../use-write.ts'
import { SeatRange } from './SeatRange.tsx'
import { nameSeats, pickableStates, takenSeatIds } from './seat-blocks.ts'
import type { BlockTo } from './seat-blocks.ts'
import type { AdminSchedule } from './show-queries.ts'
import styles from './Shows.module.css'

/** What the API takes at once. */
const SEATS_MAX = 1_000
const ASK_EVERY_MS = 2_000
const nothing: ReadonlySet<number> = new Set()

/** Keeps seats of a date off sale for the house, or puts them back: chosen on the map, or by row and number. */
export function SeatBlocks({
  schedule: { concertId, scheduleId },
  onClose,
}: {
  schedule: AdminSchedule
  onClose: () => void
}) {
  const { t } = useWords()
  const states = useQuery({ ...adminSeatStatesQuery(scheduleId), refetchInterval: ASK_EVERY_MS })
  const layout = useQuery(adminSeatLayoutQuery(concertId, scheduleId, states.data?.version))
  const error = states.error ?? layout.error
  const retry = (): void => {
    void states.refetch()
    if (layout.isError) void layout.refetch()
  }
  return (
    <div className={styles['blocks']}>
      <h2>{t('blocks.title')}</h2>
      {error === null ? null : <RefusalNote error={error} onRetry={retry} />}
      {states.data === undefined || layout.data === undefined ? (
        <Loading />
      ) : (
        <Picker scheduleId={scheduleId} layout={layout.data} states={states.data.states} />
      )}
      <p>
        <Button look="quiet" onPress={onClose}>
          {t('blocks.close')}
        </Button>
      </p>
    </div>
  )
}

function Picker({
  scheduleId,
  layout,
  states,
}: {
  scheduleId: number
  layout: readonly LayoutSeat[]
  states: string
}) {
  const { t, count } = useWords()
  const listId = useId()
  const [to, setTo] = useState<BlockTo>('BLOCKED')
  const [chosenIds, setChosenIds] = useState(nothing)
  const shown = useMemo(() => pickableStates(states, to), [states, to])
  const texts = useBlockTexts(to)
  const write = useBlockWrite(scheduleId, () => setChosenIds(nothing))
  const chosen = layout.filter(({ seatId }, at) => chosenIds.has(seatId) && shown[at] === 'A')
  const choose = (seatIds: readonly number[]): void =>
    setChosenIds((before) => new Set([...before, ...seatIds].slice(0, SEATS_MAX)))
  const toggle = (seatId: number): void =>
    setChosenIds((before) => {
      const next = new Set(before)
      if (!next.delete(seatId)) next.add(seatId)
      return next
    })
  return (
    <>
      <WhatChoice
        to={to}
        onChange={(wanted) => {
          setTo(wanted)
          setChosenIds(nothing)
          write.reset()
        }}
      />
      <SeatMap
        layout={layout}
        states={shown}
        chosen={chosenIds}
        limit={SEATS_MAX}
        onToggle={toggle}
        marks={['chosen', 'held', 'sold', 'blocked']}
        texts={texts}
        describedBy={listId}
      />
      <div id={listId}>
        <SeatRange layout={layout} states={shown} onChoose={choose} />
      </div>
      <p role="status">
        {write.data !== undefined && chosen.length === 0
          ? t(`blocks.${write.data.status}.done`, { count: write.data.changedSeatIds.length })
          : t('blocks.chosen', { count: chosen.length, seats: count(chosen.length) })}
      </p>
      <BlockRefusal error={write.error} layout={layout} />
      <p className={styles['actions']}>
        <Button
          look="main"
          isDisabled={write.isPending || chosen.length === 0}
          onPress={() => write.press({ seatIds: chosen.map(({ seatId }) => seatId), status: to })}
        >
          {t(`blocks.${to}.press`, { count: chosen.length })}
        </Button>
        <Button look="quiet" isDisabled={chosen.length === 0} onPress={() => setChosenIds(nothing)}>
          {t('blocks.none')}
        </Button>
      </p>
    </>
  )
}

function WhatChoice({ to, onChange }: { to: BlockTo; onChange: (to: BlockTo) => void }) {
  const { t } = useWords()
  return (
    <Choices
      legend={t('blocks.what')}
      value={to}
      onChange={(value) => onChange(value === 'BLOCKED' ? 'BLOCKED' : 'AVAILABLE')}
      options={[
        { value: 'BLOCKED', label: t('blocks.BLOCKED.choice') },
        { value: 'AVAILABLE', label: t('blocks.AVAILABLE.choice') },
      ]}
    />
  )
}

function useBlockWrite(scheduleId: number, onDone: () => void) {
  const queries = useQueryClient()
  return useWrite(
    async (body: { seatIds: number[]; status: BlockTo }, key) =>
      dataOf(
        await api.PATCH('/api/v1/admin/schedules/{scheduleId}/seats', {
          params: { path: { scheduleId }, header: { 'Idempotency-Key': key } },
          body,
        }),
      ),
    {
      onSuccess: () => {
        onDone()
        return queries.invalidateQueries({ queryKey: adminSeatStatesQuery(scheduleId).queryKey })
      },
    },
  )
}

function BlockRefusal({ error, layout }: { error: Error | null; layout: readonly LayoutSeat[] }) {
  const { t } = useWords()
  if (error === null) return null
  if (!isRefusal(error, 'SEAT_TAKEN')) return <RefusalNote error={error} />
  return (
    <Note kind="bad">{t('blocks.taken', { seats: nameSeats(layout, takenSeatIds(error.details)) })}</Note>
  )
}

/** The map says what can be chosen here, where a fan's says what can be had. */
function useBlockTexts(to: BlockTo) {
  const { t } = useWords()
  const texts = useSeatMapTexts()
  return {
    ...texts,
    hint: t(`blocks.${to}.hint`),
    full: (limit: number) => t('blocks.full', { count: limit }),
    left: (seats: number) => t(`blocks.${to}.left`, { count: seats }),
    seat: (seat: LayoutSeat, mark: Parameters<typeof texts.seat>[1]) =>
      mark === 'free' || mark === 'blocked'
        ? texts.seat(seat, (mark === 'free') === (to === 'BLOCKED') ? 'free' : 'blocked')
        : texts.seat(seat, mark),
  }
}
