import { useId } from 'react'
import type { HTMLAttributes, ReactNode } from 'react'
import { useWords } from '../../use-words.ts'
import type { Form } from './use-form.ts'
import styles from './Form.module.css'

interface FieldProps {
  form: Pick<Form<unknown>, 'values' | 'set' | 'problem'>
  /** The path of the field in the API's body. */
  name: string
  label: string
  hint?: string | undefined
  isOptional?: boolean
  /** Half as wide, for numbers. */
  isShort?: boolean
}

/** A line of text, a number, or a day and a time. */
export function TextField({
  type = 'text',
  inputMode,
  list,
  ...props
}: FieldProps & {
  type?: 'text' | 'datetime-local' | 'search' | 'url'
  inputMode?: HTMLAttributes<HTMLInputElement>['inputMode']
  /** The id of a `datalist` to choose from. */
  list?: string
}) {
  return (
    <Frame {...props}>
      {(attributes) => (
        <input {...attributes} type={type} inputMode={inputMode} list={list} autoComplete="off" />
      )}
    </Frame>
  )
}

/** Several lines of text. */
export function AreaField(props: FieldProps) {
  return <Frame {...props}>{(attributes) => <textarea {...attributes} rows={3} />}</Frame>
}

/** One of a list. */
export function SelectField({
  options,
  ...props
}: FieldProps & { options: readonly { value: string; label: string }[] }) {
  return (
    <Frame {...props}>
      {(attributes) => (
        <select {...attributes}>
          {options.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Frame>
  )
}

/** Yes or no, as `yes` or nothing. */
export function CheckField({ form, name, label, hint }: Omit<FieldProps, 'isOptional' | 'isShort'>) {
  const id = useId()
  return (
    <div className={styles['check']}>
      <input
        id={id}
        type="checkbox"
        checked={form.values[name] === 'yes'}
        onChange={({ target }) => form.set(name, target.checked ? 'yes' : '')}
      />
      <label htmlFor={id}>
        {label}
        {hint === undefined ? null : <small>{hint}</small>}
      </label>
    </div>
  )
}

interface InputAttributes {
  id: string
  value: string
  onChange: (event: { target: { value: string } }) => void
  'aria-invalid': boolean
  'aria-describedby': string
}

function Frame({
  form,
  name,
  label,
  hint,
  isOptional = false,
  isShort = false,
  children,
}: FieldProps & { children: (attributes: InputAttributes) => ReactNode }) {
  const { t } = useWords()
  const id = useId()
  const hintId = useId()
  const problemId = useId()
  const problem = form.problem(name)
  return (
    <div className={styles[isShort ? 'short' : 'field']}>
      <label htmlFor={id}>
        {label} {isOptional ? <small>{t('typed.optional')}</small> : null}
      </label>
      {children({
        id,
        value: form.values[name] ?? '',
        onChange: ({ target }) => form.set(name, target.value),
        'aria-invalid': problem !== undefined,
        'aria-describedby': hint === undefined ? problemId : `${problemId} ${hintId}`,
      })}
      <p id={problemId} className={styles['problem']} role="alert">
        {problem}
      </p>
      {hint === undefined ? null : (
        <p id={hintId} className={styles['hint']}>
          {hint}
        </p>
      )}
    </div>
  )
}
