import { setTimeout as delay } from 'node:timers/promises'
import type { Stack } from './bare-stack.ts'
import type { LoadJob } from './load-job.ts'
import type { LoadProcess } from './load-process.ts'
import { costOf } from './measure.ts'
import type { Cost, Round } from './measure.ts'
import { readCpuMs } from './process-cpu.ts'

/** How long a round lasts and how many there are. */
export interface Pace {
  rounds: number
  roundMs: number
  warmUpMs: number
}

/** One side of a comparison: a stack, and what it is asked in each round. */
export interface Side {
  stack: Stack
  load: (round: number) => Promise<Pick<LoadJob, 'connections' | 'requests' | 'repeat' | 'expectedStatus'>>
}

/** What came of a comparison. */
export interface ComparedCosts {
  ours: Cost
  other: Cost
  /** Requests that our stack answered, those of the warm-up included. */
  answered: number
}

// The queue service records changes every 200 ms. What it does so after the last answer belongs to the round.
const TAIL_MS = 250

/** Does the same work on two stacks in turn, so that other load of the machine affects both. Round 0 is the warm-up. */
export async function compareStacks(
  load: LoadProcess,
  pace: Pace,
  ours: Side,
  other: Side,
): Promise<ComparedCosts> {
  const sides = [ours, other].map((side) => ({ ...side, rounds: new Array<Round>() }))
  let answeredByOurs = 0
  for (let round = 0; round <= pace.rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      const work = await side.load(round)
      const before = readCpuMs(side.stack.pids)
      const { answered, elapsedMs, latenciesMs } = await load.runClean({
        ...work,
        port: side.stack.port,
        forMs: round === 0 ? pace.warmUpMs : pace.roundMs,
        keepBodies: false,
      })
      await delay(TAIL_MS)
      const after = readCpuMs(side.stack.pids)
      const cpuMs = new Map([...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)]))
      if (side.stack === ours.stack) answeredByOurs += answered
      if (round > 0) side.rounds.push({ answered, elapsedMs, latenciesMs, cpuMs })
    }
  }
  const [oursCost, otherCost] = sides.map((side) => costOf(side.rounds))
  if (oursCost === undefined || otherCost === undefined) throw new Error('a comparison has two sides')
  return { ours: oursCost, other: otherCost, answered: answeredByOurs }
}
