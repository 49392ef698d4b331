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

/** Words of the sources and of the package's files: identifiers, names of files and folders. */
const isWordOf = (text: string): ((word: string) => boolean) => {
  const words = new Set(text.match(/[\w$]+/g))
  return word => words.has(word)
}
const sources = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'src', 'worker', 'scripts'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter(path => /\.(?:ts|yaml)$/.test(path) && existsSync(path))

it('ARCHITECTURE.md names only folders, files and identifiers that exist', () => {
  const isFile = isWordOf(
    execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' }),
  )
  const isIdentifier = isWordOf(sources.map(path => readFileSync(path, 'utf8')).join('\n'))
  // The drawing has a check of its own, and its names of packages are no identifiers.
  const text = readFileSync('ARCHITECTURE.md', 'utf8').replace(/<!-- drawn[\s\S]*<!-- end of the drawing -->/, '')
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!)
  expect(spans.length).toBeGreaterThan(80)
  const unknown = spans.flatMap(span =>
    (span.replace(/^(?:npm run|GET|POST) /, '').match(/[A-Za-z_$][\w$]*/g) ?? [])
      .filter(word => !isFile(word) && !isIdentifier(word))
      .map(word => `${word} of ${span}`),
  )
  expect(unknown).toEqual([])
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
