import { useId } from 'react'
import { QUERY_MAX_LENGTH } from '../use-search.ts'
import styles from './SearchField.module.css'

/** A field to search in a list, which goes along as one types. */
export function SearchField({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange: (text: string) => void
}) {
  const fieldId = useId()
  return (
    <div className={styles['field']}>
      <label htmlFor={fieldId}>{label}</label>
      <input
        id={fieldId}
        type="search"
        maxLength={QUERY_MAX_LENGTH}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </div>
  )
}
