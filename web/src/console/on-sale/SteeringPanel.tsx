import { useQueryClient } from '@tanstack/react-query'
import { api } from '../../api.ts'
import { classNames } from '../../parts/class-names.ts'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { useWords } from '../../use-words.ts'
import { roomQuery, showRoom } from '../queries.ts'
import type { Room, WatchedRoom } from '../queries.ts'
import type { Live } from '../use-live.ts'
import { useWrite } from '../use-write.ts'
import type { Write } from '../use-write.ts'
import { LimitsForm } from './LimitsForm.tsx'
import { Panel } from './Panel.tsx'
import styles from './SteeringPanel.module.css'

/** What may be changed of a room. */
export interface Steering {
  paused?: boolean
  maxActive?: number
  admitPerSecond?: number
}

/** Pauses and resumes a room, and sets how many it lets in. */
export function SteeringPanel({ scheduleId, live }: { scheduleId: number; live: Live<WatchedRoom> }) {
  const { t } = useWords()
  const pausing = useSteering(scheduleId, { isToggle: true })
  const limiting = useSteering(scheduleId, { isToggle: false })
  const room = live.data?.room
  return (
    <Panel title={t('console.steer.title')} area="steer" live={live}>
      {room === undefined ? null : (
        <>
          <PauseButton room={room} isOld={live.staleSince !== undefined} write={pausing} />
          <LimitsForm room={room} write={limiting} />
          <Estimates estimates={room.estimates} />
        </>
      )}
    </Panel>
  )
}

/** Shows the answer at once; else what is true is asked for, since a request without an answer may have been done. */
function useSteering(scheduleId: number, { isToggle }: { isToggle: boolean }): Write<Steering, unknown> {
  const client = useQueryClient()
  const askAgain = () => client.invalidateQueries({ queryKey: roomQuery(scheduleId).queryKey })
  return useWrite(
    (body: Steering, key) =>
      api.PATCH('/api/v1/admin/queues/{scheduleId}', {
        params: { path: { scheduleId }, header: { 'Idempotency-Key': key } },
        body,
        timeoutMs: STEER_TIMEOUT_MS,
      }),
    {
      isToggle,
      // A repeated answer tells how the room was then, and somebody else may have changed it since.
      onSuccess: ({ data, headers }) =>
        headers.get('Idempotency-Replayed') === 'true' ? askAgain() : showRoom(client, data),
      onError: askAgain,
    },
  )
}

const STEER_TIMEOUT_MS = 5_000

function PauseButton({
  room: { paused },
  isOld,
  write,
}: {
  room: Room
  isOld: boolean
  write: Write<Steering, unknown>
}) {
  const { t } = useWords()
  const state = isOld ? 'unknown' : paused ? 'paused' : 'moving'
  return (
    <div className={styles['pause']}>
      <p className={classNames(styles['state'], styles[state])} role="status">
        {t(`console.steer.state.${state}`)}
      </p>
      <button
        type="button"
        className={classNames(styles['large'], paused ? styles['resume'] : undefined)}
        aria-disabled={write.isPending}
        onClick={({ detail }) => {
          // The first click of two may be answered before the second one comes, which would take it back.
          if (detail <= 1) write.press({ paused: !paused })
        }}
      >
        {t(
          write.isPending ? 'console.steer.working' : paused ? 'console.steer.resume' : 'console.steer.pause',
        )}
      </button>
      {write.error === null ? null : <RefusalNote error={write.error} />}
    </div>
  )
}

function Estimates({ estimates }: { estimates: Room['estimates'] }) {
  const { t, count } = useWords()
  const { samples, medianPredictedSeconds, medianActualSeconds, closeShare } = estimates
  return (
    <div className={styles['estimates']}>
      <h3>{t('console.estimates.title')}</h3>
      {closeShare === null || medianPredictedSeconds === null || medianActualSeconds === null ? (
        <p>{t('console.estimates.none')}</p>
      ) : (
        <>
          <strong>
            {t('console.estimates.close', { share: Math.round(closeShare * 100), count: samples })}
          </strong>
          <p>
            {t('console.estimates.medians', {
              told: count(Math.round(medianPredictedSeconds)),
              waited: count(Math.round(medianActualSeconds)),
            })}
          </p>
        </>
      )}
    </div>
  )
}
