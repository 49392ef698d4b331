import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

// A document that names a file, a link or a script that is gone sends its reader astray.

const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter(path => path !== '' && existsSync(path))
const scripts = Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).scripts)
const find = (path: string, pattern: RegExp): string[] =>
  [...readFileSync(path, 'utf8').matchAll(pattern)].map(([, found]) => found!)

it.each(documents)('%s names only files that exist', path => {
  const names = find(path, /`((?:src|worker|scripts|test|bench|examples)\/[\w./-]+)`/g)
  expect(names.filter(name => !existsSync(name))).toEqual([])
})

it.each(documents)('%s links only to files that exist', path => {
  const links = find(path, /\]\((?!https?:|#)([^)#]+)/g)
  expect(links.filter(link => !existsSync(join(dirname(path), link)))).toEqual([])
})

it.each(documents)('%s names only scripts of package.json', path => {
  expect(find(path, /npm run (?:-\w+ )?([\w:]+)/g).filter(name => !scripts.includes(name))).toEqual([])
})

it('CONTRIBUTING.md shows every script for the inner loop', () => {
  const shown = find('CONTRIBUTING.md', /npm run ([\w:]+)/g)
  const hooks = ['prepare', 'prepack', 'start', 'test', 'build']
  expect(scripts.filter(name => !hooks.includes(name) && !shown.includes(name))).toEqual([])
})
