import { expect, test } from '@jest/globals'
import { firstLoadFiles } from './first-load.ts'

const manifest = {
  'index.html': {
    file: 'main.js',
    isEntry: true,
    imports: ['_react.js'],
    css: ['main.css'],
    dynamicImports: ['page.tsx', 'other.tsx'],
  },
  '_react.js': { file: 'react.js' },
  '_button.js': { file: 'button.js', imports: ['_react.js'] },
  'page.tsx': {
    file: 'page.js',
    imports: ['index.html', '_button.js'],
    css: ['page.css'],
    dynamicImports: ['later.ts'],
  },
  'later.ts': { file: 'later.js' },
  'other.tsx': { file: 'other.js' },
}

test('a first load is the entry, the page and what both import, each once, with their styles', () => {
  expect(firstLoadFiles(manifest, ['page.tsx']).sort()).toEqual(
    ['button.js', 'main.css', 'main.js', 'page.css', 'page.js', 'react.js'].sort(),
  )
})

test('a page that has become part of another chunk is an error, not a small page', () => {
  expect(() => firstLoadFiles(manifest, ['page.tsx', 'gone.tsx'])).toThrow('gone.tsx')
})
