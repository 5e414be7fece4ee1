import { z } from 'zod'

/** One setting, as it is checked, shown and passed on. */
export interface Setting {
  name: string
  schema: z.ZodType
  /** The default; undefined where the setting is required, or optional without a default. */
  default: string | number | undefined
  /** The rule for a value, worded so that it can follow "must be". */
  rule: string
  meaning: string
  /** Whether npm start and Compose always set it themselves, as they do with addresses and passwords. */
  isWiring: boolean
}

/** A program's settings, as its zod object declares them. */
export type SettingsObject = z.ZodObject<Record<string, z.ZodType>>

// The part of a setting's JSON Schema that the page shows.
const jsonForm = z.object({
  type: z.string(),
  description: z.string().optional(),
  default: z.union([z.string(), z.number()]).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  enum: z.array(z.string()).optional(),
})

/** The settings of a zod object. Required settings are wiring, and so are those for which `isWiring` is true. */
export function describeSettings(object: SettingsObject, isWiring: (name: string) => boolean): Setting[] {
  return Object.entries(object.shape).map(([name, schema]) => {
    const form = jsonForm.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
    if (form.description === undefined)
      throw new Error(`${name} needs .describe(…): docs/settings.md shows it`)
    return {
      name,
      schema,
      default: form.default,
      rule: ruleOf(name, form),
      meaning: form.description,
      isWiring: isWiring(name) || !schema.safeParse(undefined).success,
    }
  })
}

const UNITS = [
  ['_MS', 'ms'],
  ['_HOURS', 'hours'],
  ['_DAYS', 'days'],
] as const

function ruleOf(name: string, form: z.output<typeof jsonForm>): string {
  if (form.enum !== undefined) return `one of ${form.enum.join(', ')}`
  if (form.type === 'integer') {
    const unit = UNITS.find(([ending]) => name.endsWith(ending))?.[1]
    return `a whole number${unit === undefined ? '' : ` of ${unit}`}, ${range(form.minimum, form.maximum)}`
  }
  if (form.format === 'uri') return 'an http or https URL'
  if (form.pattern !== undefined) return `text that matches \`${form.pattern}\``
  return (form.minLength ?? 0) > 1 ? `text of ${form.minLength} characters or more` : 'text'
}

function range(minimum = 0, maximum = Number.MAX_SAFE_INTEGER): string {
  const from = minimum.toLocaleString('en')
  return maximum === Number.MAX_SAFE_INTEGER
    ? `${from} or more`
    : `${from} to ${maximum.toLocaleString('en')}`
}
