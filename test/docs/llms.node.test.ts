import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { guides, isChinese } from './documents.ts'

// llms.txt (llmstxt.org) is the first file that an agent reads of the package: what it names exists, and nothing is missing.

const text = readFileSync('llms.txt', 'utf8')
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  name: string
  files: string[]
  exports: Record<string, unknown>
  engines: { node: string }
}
const items = [...text.matchAll(/^- \[([^\]]+)\]\(([^)]+)\)(?:: (.+))?$/gm)].map(([, name, url, notes]) => ({
  name,
  url: url!,
  notes,
}))

/** The sources of built files, which a clone does not have before its first build. */
const BUILT_FROM: Readonly<Record<string, string>> = {
  'dist/openapi.json': 'src/definitions/generated/openapi.json',
  'dist/endpoints.d.cts': 'src/definitions/generated/types.ts',
}

it('has the form of llmstxt.org: a title, a summary, and lists of links under headings', () => {
  const [title, blank, summary] = text.split('\n')
  expect([title, blank]).toEqual([`# ${manifest.name}`, ''])
  expect(summary).toMatch(/^> /)
  const sections = text.split(/^## /m).slice(1)
  expect(sections.length).toBeGreaterThan(3)
  for (const section of sections) {
    const lines = section
      .split('\n')
      .slice(1)
      .filter(line => line !== '')
    expect(lines.filter(line => !/^- \[[^\]]+\]\([^)]+\): \S/.test(line))).toEqual([])
  }
})

it('links to files of the package, and to all guides of it', () => {
  const local = items.map(({ url }) => url).filter(url => !/^https?:/.test(url))
  expect(local.filter(url => !existsSync(BUILT_FROM[url] ?? url))).toEqual([])
  const isPacked = (url: string) => manifest.files.some(file => url === file || url.startsWith(`${file}/`))
  expect(local.filter(url => !isPacked(url) && url !== 'package.json')).toEqual([])
  expect(guides.filter(path => !isChinese(path) && path !== 'README.md' && !local.includes(path))).toEqual([])
})

it('names every entry of the package', () => {
  const entries = Object.keys(manifest.exports)
    .filter(entry => entry !== './package.json')
    .map(entry => manifest.name + entry.slice(1))
  expect(entries.length).toBeGreaterThan(15)
  expect(entries.filter(entry => !text.includes(`\`${entry}\``))).toEqual([])
  const named = [...text.matchAll(/`(wechatpay-edge(?:\/[\w.]+)?)`/g)].map(([, entry]) => entry!)
  expect(named.filter(entry => !entries.includes(entry))).toEqual([])
})

it('names every command of the command line, and no others', () => {
  const [, list] = /^Commands: (.+)$/m.exec(text)!
  expect([...list!.matchAll(/`([\w-]+)`/g)].map(([, name]) => name).sort()).toEqual(Object.keys(COMMANDS).sort())
})

it('says which Node.js it needs as package.json does', () => {
  const versions = [...manifest.engines.node.matchAll(/\d+\.\d+/g)].map(([version]) => version)
  for (const version of versions) expect(text).toContain(version)
})

it('is packed', () => {
  expect(manifest.files).toEqual(expect.arrayContaining(['llms.txt', 'skills', 'docs']))
})
