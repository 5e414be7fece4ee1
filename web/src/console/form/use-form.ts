import { ApiError } from '@frontrow/client/errors'
import type { FormEvent, RefObject } from 'react'
import { useEffect, useRef, useState } from 'react'
import { settle } from '../../settle.ts'
import { useOnce } from '../../use-once.ts'
import type { Once } from '../../use-once.ts'
import { useSignIn } from '../../use-sign-in.ts'
import { useWords } from '../../use-words.ts'
import type { Say } from '../../words.ts'
import { fieldProblems } from './field-problems.ts'

/** What is in the fields of a form, by the path that the field has in the API's body: `sections.0.price`. */
export type Values = Readonly<Record<string, string>>

/** What was typed as the body to send, or a sentence about each field that can't be sent. */
export type Checked<B> = { body: B } | { problems: Values }

/** An answer to a write. */
export interface Written<D> {
  status: number
  data: D
  retryAfterSeconds: number | undefined
}

/** A form whose request takes effect once. */
export interface Form<D> {
  values: Values
  set: (field: string, value: string) => void
  /** Replaces all fields, such as when a row of them goes. */
  replace: (values: Values) => void
  /** What is wrong with a field; undefined before the form was sent, and where nothing is. */
  problem: (field: string) => string | undefined
  /** What the API says of fields that the form does not have. */
  otherProblems: readonly string[]
  /** Whether anything is said to be wrong now. */
  isWrong: boolean
  once: Once<Values, D>
  submit: (event: FormEvent) => void
  element: RefObject<HTMLFormElement | null>
}

/**
 * A form of the console. What was typed is kept with its idempotency key until the answer is known, so that a second press or a reload
 * makes nothing twice. After a reload it goes on by a press only: who opens a form has typed nothing yet. What the API refuses about a
 * field stands beside it until the field is changed.
 */
export function useForm<B, D>({
  purpose: what,
  begin,
  check,
  send,
  onDone,
}: {
  /** What the request is kept under, beside who asks for it. */
  purpose: string
  begin: Values
  check: (values: Values, t: Say) => Checked<B>
  send: (key: string, body: B) => Promise<Written<D>>
  onDone?: (data: D) => unknown
}): Form<D> {
  const { t } = useWords()
  const signIn = useSignIn()
  const purpose = `${what}.${signIn.status === 'signed-in' ? signIn.userId : ''}`
  const [values, setValues] = useState(begin)
  const [tries, setTries] = useState(0)
  const element = useRef<HTMLFormElement>(null)
  const once = useOnce<Values, D>({
    purpose,
    goesOn: false,
    read: readValues,
    run: async (sent, tell) => {
      const checked = check(sent, t)
      if ('problems' in checked) throw new Error(`a form was sent that can't be: ${purpose}`)
      const answer = await settle({
        purpose,
        body: sent,
        tell,
        send: (key) => send(key, checked.body),
      })
      return answer.data
    },
    onSuccess: (data) => {
      setValues(begin)
      setTries(0)
      return onDone?.(data)
    },
  })
  const checked = check(values, t)
  const typed = tries > 0 && 'problems' in checked ? checked.problems : {}
  const refused = fieldProblems(once.error, t)
  const isField = (field: string): boolean => values[field] !== undefined
  // What is said of several fields together stands until any of them is changed.
  const isAsSent = (field: string): boolean =>
    isField(field) ? once.sent?.[field] === values[field] : once.sent === values
  const problem = (field: string): string | undefined =>
    typed[field] ?? (isAsSent(field) ? refused[field] : undefined)
  useFocusOnProblem(element, tries, once.error)
  return {
    values,
    set: (field, value) => setValues((before) => ({ ...before, [field]: value })),
    replace: setValues,
    problem,
    isWrong: Object.keys({ ...typed, ...refused }).some((field) => problem(field) !== undefined),
    otherProblems: Object.entries(refused).flatMap(([field, text]) =>
      Object.keys(values).some((own) => own === field || own.startsWith(`${field}.`)) ? [] : [text],
    ),
    once,
    element,
    submit: (event) => {
      event.preventDefault()
      setTries((before) => before + 1)
      if ('body' in checked) once.press(values)
    },
  }
}

/** The first field that is wrong takes the focus, after each press and when the API has refused. */
function useFocusOnProblem(element: RefObject<HTMLFormElement | null>, tries: number, error: unknown): void {
  useEffect(() => {
    if (tries === 0) return
    const first = element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
    first?.focus()
  }, [element, tries, error])
}

/** Reads the fields of a try that was kept; undefined for what is none. */
function readValues(kept: unknown): Values | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined
  const fields: [string, string][] = []
  for (const [field, value] of Object.entries(kept)) {
    if (typeof value !== 'string') return undefined
    fields.push([field, value])
  }
  return Object.fromEntries(fields)
}

/** Whether somebody else has changed the thing since it was read. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'PRECONDITION_FAILED'
}
