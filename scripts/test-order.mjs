import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Sequencer from '@jest/test-sequencer'
import { root } from './bootstrap.mjs'

const SLOW = join(root, 'scripts', 'slow-tests.json')

/** How many files of the list are before this one; all others are behind those. */
const placeOf = new Map(
  JSON.parse(readFileSync(SLOW, 'utf8')).map((file, place) => [join(root, file), place]),
)
const placeOfTest = ({ path }) => placeOf.get(path) ?? placeOf.size

/**
 * The order of Jest's test files where it has no times of an earlier run, as in CI: the slow ones of scripts/slow-tests.json first, so that
 * no worker begins one of them while the others have nothing left to do. Those that keep the machine busy and those that wait for deadlines
 * take turns there. Jest by itself begins with the largest files.
 */
export default class TestOrder extends Sequencer {
  sort(tests) {
    const gone = [...placeOf.keys()].filter((file) => !existsSync(file))
    if (gone.length > 0) throw new Error(`${SLOW} names what is not there: ${gone.join(', ')}`)
    const sorted = super.sort(tests)
    if (tests.some((test) => this.time(test) !== undefined)) return sorted
    return sorted.toSorted((one, other) => placeOfTest(one) - placeOfTest(other))
  }
}
