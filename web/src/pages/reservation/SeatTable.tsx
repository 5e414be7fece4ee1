import type { Reservation } from '../../queries.ts'
import { useWords } from '../../use-words.ts'
import styles from './Reservation.module.css'

/** The seats of a reservation and what they cost. */
export function SeatTable({ seats, totalAmount }: Pick<Reservation, 'seats' | 'totalAmount'>) {
  const { t, money } = useWords()
  return (
    <table className={styles['seats']}>
      <caption className="unseen">{t('reservation.seats')}</caption>
      <thead className="unseen">
        <tr>
          <th scope="col">{t('reservation.seat')}</th>
          <th scope="col">{t('price')}</th>
        </tr>
      </thead>
      <tbody>
        {seats.map(({ seatId, section, row, seatNumber, grade, price }) => (
          <tr key={seatId}>
            <th scope="row">
              {t('reservation.where', { section, row, number: seatNumber })} <small>{grade}</small>
            </th>
            <td>{money(price)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{t('reservation.total')}</th>
          <td>{money(totalAmount)}</td>
        </tr>
      </tfoot>
    </table>
  )
}
