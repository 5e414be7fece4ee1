/** Command lines: a zod object has a rule for each option, parseArgs splits the words, --help is made from the same object. */
import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'
import { z } from 'zod'

/** A command line that asks for help, or that breaks a rule: `problem` names the option and the rule. */
export type NothingToDo = { kind: 'help' } | { kind: 'wrong'; problem: string }

const WRONG_COMMAND_LINE = 2
const descriptions = z.registry<{ value: string; meaning: string; multiple: boolean }>()

/**
 * An option as --help shows it: `value` is a word for what it takes, empty for a flag. A `multiple` one may be given several
 * times; its rule gets a list.
 */
export function option<Rule extends z.ZodType>(rule: Rule, value: string, meaning: string, multiple = false) {
  descriptions.add(rule, { value, meaning, multiple })
  return rule
}

/** An option with a default, which is written as on the command line. */
export function preset<Output>(rule: z.ZodType<Output, string>, value: string, meaning: string) {
  return option(rule.prefault(value), value, meaning)
}

/** The message for a value that breaks a rule; it follows the option's name. */
export function breaks(rule: string) {
  return { error: ({ input }: { input?: unknown }) => `${rule}, not '${String(input)}'` }
}

/** The rule for a text that must be given and for which `fits` is true. */
export function text(rule: string, fits: (given: string) => boolean) {
  return z.string('is missing').refine(fits, breaks(rule))
}

/** An address without a path, of any protocol. */
export const address = z
  .string()
  .refine((given) => URL.canParse(given), {
    error: ({ input }) => `must be an address, and '${String(input)}' is not an address`,
  })
  .transform((given) => new URL(given))
  .refine(({ pathname, search, hash }) => `${pathname}${search}${hash}` === '/', breaks('must have no path'))

/** Reads a command line. `defaults` are texts for options that it does not give. */
export function readCommandLine<Options extends z.ZodObject>(
  argv: readonly string[],
  options: Options,
  defaults: Readonly<Record<string, string>> = {},
): { kind: 'values'; values: z.output<Options> } | NothingToDo {
  const config: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } }
  for (const { flag, value, multiple } of describe(options)) {
    config[flag] = { type: value === '' ? 'boolean' : 'string', multiple }
  }
  try {
    const { values } = parseArgs({ args: [...argv], options: config })
    if (values['help'] === true) return { kind: 'help' }
    const given = describe(options).map(({ name, flag }) => [name, values[flag] ?? defaults[name]])
    const parsed = options.safeParse(Object.fromEntries(given))
    if (parsed.success) return { kind: 'values', values: parsed.data }
    const [issue] = parsed.error.issues
    return { kind: 'wrong', problem: `--${toFlag(String(issue?.path[0]))} ${issue?.message}` }
  } catch (error) {
    // The error is told by its code and not by its class, because under Jest Node's errors are of another realm.
    const code = Error.isError(error) && 'code' in error ? String(error.code) : ''
    if (!Error.isError(error) || !code.startsWith('ERR_PARSE_ARGS')) throw error
    // The first sentence names the option; the others explain how command lines are written.
    return { kind: 'wrong', problem: error.message.split(/\.\s|\n/, 1).join('') }
  }
}

/** The options as --help shows them, a line each. */
export function optionLines(options: z.ZodObject): string {
  const rows = describe(options).map(({ flag, value, meaning }) => ({
    left: `  --${flag} ${value}`,
    meaning,
  }))
  const width = Math.max(...rows.map(({ left }) => left.length))
  return rows.map(({ left, meaning }) => `${left.padEnd(width)}  ${meaning}`).join('\n')
}

function describe({ shape }: z.ZodObject) {
  return Object.entries(shape).map(([name, rule]) => {
    const description = descriptions.get(rule)
    if (description === undefined) throw new Error(`${name} has no description`)
    return { name, flag: toFlag(name), ...description }
  })
}

function toFlag(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** Prints the help, or one line that says what is wrong. Returns the exit code. */
export function explainUsage(
  command: string,
  asked: NothingToDo,
  usage: string,
  out: Pick<Console, 'log' | 'error'> = console,
): number {
  if (asked.kind === 'wrong') out.error(`${command}: ${asked.problem} (--help shows all)`)
  else out.log(usage)
  return asked.kind === 'wrong' ? WRONG_COMMAND_LINE : 0
}
