import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { chineseOf, documents, guides } from './documents.ts'

// A document that names a file, a link or a script that is gone sends its reader astray.

const scripts = Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).scripts)
const find = (path: string, pattern: RegExp): string[] =>
  [...readFileSync(path, 'utf8').matchAll(pattern)].map(([, found]) => found!)

it.each(documents)('%s names only files that exist', path => {
  const names = find(path, /`((?:src|worker|scripts|test|bench|examples|docs)\/[\w./-]+)`/g)
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

const { files, repository } = JSON.parse(readFileSync('package.json', 'utf8'))
const REPOSITORY = repository.url.replace(/^git\+|\.git$/g, '')

/** The files of the repository that a document links to, by their path in it. */
const linkedFiles = (path: string): string[] => [
  ...find(path, /\]\((?!https?:|#)([^)#]+)/g).map(link => join(dirname(path), link)),
  ...find(path, /\]\((https:[^)#]+)/g)
    .filter(link => link.startsWith(`${REPOSITORY}/`))
    .map(link => link.slice(REPOSITORY.length).replace(/^\/(?:blob|tree)\/main\//, '')),
]

it.each(documents)('%s links only to files that exist', path => {
  expect(linkedFiles(path).filter(link => !existsSync(link))).toEqual([])
})

it.each(documents)('%s links only to headings that exist', path => {
  const links = find(path, /\]\((?!https?:)([^)]*#[^)]+)\)/g)
  const missing = links.filter(link => {
    const [file, anchor] = link.split('#')
    return !anchorsOf(file === '' ? path : join(dirname(path), file!)).has(decodeURIComponent(anchor!))
  })
  expect(missing).toEqual([])
})

/** The anchors that GitHub gives to the headings of a document. */
function anchorsOf(path: string): Set<string> {
  const headings = readFileSync(path, 'utf8')
    .replace(/^```.*?^```$/gms, '')
    .matchAll(/^#+ (.+)$/gm)
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-')
  return new Set([...headings].map(([, heading]) => slug(heading!)))
}

it.each(guides.flatMap(path => [path, chineseOf(path)]))(
  '%s, in the package, links to files of the package, or to the repository',
  path => {
    const relative = find(path, /\]\((?!https?:|#)([^)#]+)/g).map(link => join(dirname(path), link))
    const isPacked = (file: string) => files.some((packed: string) => file === packed || file.startsWith(`${packed}/`))
    expect([path, ...relative].filter(file => !isPacked(file))).toEqual([])
  },
)

it('package.json names one repository', () => {
  const { homepage, bugs } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect([homepage, bugs.url]).toEqual([`${REPOSITORY}#readme`, `${REPOSITORY}/issues`])
})

it('the package has no script that npm runs, or warns of, when a program installs it', () => {
  const atInstall = ['install', 'prepare'].flatMap(name => [`pre${name}`, name, `post${name}`])
  expect(scripts.filter(name => atInstall.includes(name))).toEqual([])
  // In a clone, npm runs this one after it has installed what the project depends on.
  expect(scripts).toContain('dependencies')
})

it.each(documents)('%s names only scripts of package.json', path => {
  expect(find(path, /npm run (?:-\w+ )?([\w:]+)/g).filter(name => !scripts.includes(name))).toEqual([])
})

it('CONTRIBUTING.md shows every script for the inner loop', () => {
  const shown = find('CONTRIBUTING.md', /npm run ([\w:]+)/g)
  const hooks = ['dependencies', 'prepack', 'start', 'test', 'build']
  expect(scripts.filter(name => !hooks.includes(name) && !shown.includes(name))).toEqual([])
})
