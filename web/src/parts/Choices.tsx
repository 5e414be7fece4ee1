import { useId } from 'react'
import styles from './Choices.module.css'

/** One of the things to choose from. */
export interface Choice {
  value: string
  label: string
  detail?: string
  isDisabled?: boolean
}

/** One of several, as radio buttons that look like tiles: arrows move, and a screen reader counts them. */
export function Choices({
  legend,
  value,
  options,
  onChange,
}: {
  legend: string
  value: string
  options: readonly Choice[]
  onChange: (value: string) => void
}) {
  const name = useId()
  return (
    <fieldset className={styles['choices']}>
      <legend>{legend}</legend>
      <div className={styles['tiles']}>
        {options.map(({ value: own, label, detail, isDisabled = false }) => (
          <label key={own} className={styles['tile']}>
            <input
              type="radio"
              name={name}
              value={own}
              checked={own === value}
              disabled={isDisabled}
              onChange={() => onChange(own)}
            />
            <span>
              {label}
              {detail === undefined ? null : <small>{detail}</small>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
