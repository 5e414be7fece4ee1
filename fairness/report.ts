import type { FairnessAnswer } from './answers.ts'
import type { FairnessOptions } from './arguments.ts'
import type { Check, Outcome } from './findings.ts'
import type { RoomReading } from './read-room.ts'

const outcomeTexts: Record<Outcome, string> = {
  holds: 'holds',
  broken: 'DOES NOT HOLD',
  'not yet': 'not yet',
  'not checked': 'not checked',
}
const OUTCOME_WIDTH = 15

/** Whether no check is broken. A check that could not be made counts neither for nor against fairness. */
export function isFair(checks: readonly Check[]): boolean {
  return checks.every(({ outcome }) => outcome !== 'broken')
}

/** The report as lines: what was checked, each check, the settings, the commitment and head to note, and whether fairness holds. */
export function reportLines(
  { published, admissions, ends }: RoomReading,
  checks: readonly Check[],
  { scheduleId, url }: Pick<FairnessOptions, 'scheduleId' | 'url'>,
): string[] {
  const { commitment, draw, rules, log } = published
  const inLog = `${counted(admissions.length, 'admission')}, ${counted(ends.length, 'end')}`
  return [
    `Schedule ${scheduleId} at ${url}: ${inLog}, ${describeDraw(draw)}`,
    ...checks.flatMap(checkLines),
    `rules now: show up within ${milliseconds(rules.showUpMs)}, stay ${milliseconds(rules.activeMaxMs)} at most`,
    `commitment ${commitment}`,
    `head ${log.length}:${log.head}`,
    isFair(checks) ? 'fairness holds' : 'fairness DOES NOT HOLD',
  ]
}

function describeDraw(draw: FairnessAnswer['draw']): string {
  if (draw === null) return 'no draw yet'
  return `a draw of ${counted(draw.entries, 'entry', 'entries')} (closed ${draw.closedAt}, drawn ${draw.drawnAt})`
}

function checkLines({ name, outcome, lines }: Check): string[] {
  const text = outcomeTexts[outcome].padEnd(OUTCOME_WIDTH)
  if (outcome === 'broken')
    return [`  ${text}${name}`, ...lines.map((line) => `${' '.repeat(OUTCOME_WIDTH + 4)}${line}`)]
  return [`  ${text}${name}: ${lines.join('; ')}`]
}

const milliseconds = (count: number): string => `${count.toLocaleString('en')} ms`

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
