import { expect, test } from '@jest/globals'
import { addLanded, readMigrations } from './landed-migrations.ts'

const FIRST = 'services/queue/migrations/0001_rooms.sql'
const SECOND = 'services/queue/migrations/0002_tokens.sql'
const landed = addLanded('', new Map([[FIRST, 'CREATE TABLE rooms ();']]))

test('a new migration is added, and those that have landed stay', () => {
  const both = addLanded(
    landed,
    new Map([
      [SECOND, 'SELECT 1;'],
      [FIRST, 'CREATE TABLE rooms ();'],
    ]),
  )
  expect(both.split('\n').map((line) => line.split('  ')[1])).toEqual([FIRST, SECOND, undefined])
  expect(both.startsWith(landed)).toBe(true)
})

test.each([
  ['edited', [FIRST, 'CREATE TABLE rooms (id int);']],
  ['renamed', ['services/queue/migrations/0002_rooms.sql', 'CREATE TABLE rooms ();']],
] satisfies [string, [string, string]][])(
  'one that has landed and was %s is refused by its name',
  (_how, file) => {
    expect(() => addLanded(landed, new Map([file]))).toThrow(`${FIRST} has landed`)
  },
)

test('the migrations of all services and of what they share are found', async () => {
  const paths = [...(await readMigrations()).keys()]
  for (const folder of [
    'services/wallet',
    'services/queue',
    'packages/messaging',
    'packages/admin-actions',
    'packages/idempotency',
  ]) {
    expect(paths.filter((path) => path.startsWith(`${folder}/migrations/`)).length).toBeGreaterThan(0)
  }
})
