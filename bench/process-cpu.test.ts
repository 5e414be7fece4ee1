import { expect, test } from '@jest/globals'
import { parseStat, readCpuMs, sumTree } from './process-cpu.ts'

const line = (pid: number, name: string, parent: number, times: string): string =>
  `${pid} (${name}) S ${parent} 7 7 0 -1 4194304 900 800 3 2 ${times} 20 0 1 0 5000 1000000 250 18446744073709551615`

test('the times of a process are its own and those of its ended children', () => {
  expect(parseStat(line(42, 'postgres', 7, '100 20 3000 400'))).toEqual({ pid: 42, parent: 7, ticks: 3520 })
})

test('a name with blanks and brackets does not shift the fields', () => {
  expect(parseStat(line(42, 'a) S 1 (b', 7, '1 2 3 4'))).toEqual({ pid: 42, parent: 7, ticks: 10 })
})

test('what is no such line is an error, not a wrong number', () => {
  expect(() => parseStat('42 (cut off) S 7 1')).toThrow('/proc')
})

const family = [
  { pid: 1, parent: 0, ticks: 1_000 },
  { pid: 10, parent: 1, ticks: 5 },
  { pid: 11, parent: 10, ticks: 7 },
  { pid: 12, parent: 11, ticks: 9 },
  { pid: 20, parent: 1, ticks: 30 },
  { pid: 30, parent: 1, ticks: 500 },
]

test('a tree is its root and everything below, and nothing else', () => {
  expect(sumTree(family, 10)).toBe(21)
  expect(sumTree(family, 20)).toBe(30)
})

test('a root that has ended is an error: its time would be missing', () => {
  expect(() => sumTree(family, 99)).toThrow('99')
})

test('our own time is found under its name and goes up with work', () => {
  const before = readCpuMs({ jest: process.pid }).get('jest') ?? Number.NaN
  // By the clock another program might have had all of it.
  const began = process.cpuUsage()
  while (process.cpuUsage(began).user < 60_000) Math.sqrt(began.user)
  expect(readCpuMs({ jest: process.pid }).get('jest')).toBeGreaterThan(before)
})
