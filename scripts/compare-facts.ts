// Compares the definitions with the facts, field by field: node scripts/compare-facts.ts <folder> [--all] [--json]
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { definitionNodes } from './compare-facts/definitions.ts'
import { differencesOf } from './compare-facts/difference.ts'
import { type FactEndpoint, type FactNotification, factNodes } from './compare-facts/facts.ts'
import { report } from './compare-facts/report.ts'
import { bundle } from './generate/bundle.ts'
import { Problems, readSources } from './generate/source.ts'

const USAGE = `Usage: node scripts/compare-facts.ts <folder> [--all] [--json]
  <folder>  holds endpoints.jsonl and notifications.jsonl
  --all     lists the systematic differences, too
  --json    all of them, as JSON`

class UsageError extends Error {}

try {
  const { folder, all, json } = readArguments()
  const facts = factNodes(
    readLines<FactEndpoint>(join(folder, 'endpoints.jsonl')),
    readLines<FactNotification>(join(folder, 'notifications.jsonl')),
  )
  const definitions = definitionNodes(readDefinitions(join(import.meta.dirname, '../src/core/endpoints')))
  const differences = differencesOf(facts, definitions)
  const sizes = { facts: facts.size, definitions: definitions.size }
  process.stdout.write(json ? `${JSON.stringify(differences, null, 2)}\n` : report(differences, sizes, all))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n${USAGE}\n`)
  process.exitCode = 1
}

function readArguments(): { folder: string; all: boolean; json: boolean } {
  const options = { all: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } } as const
  try {
    const { positionals, values } = parseArgs({ options, allowPositionals: true })
    const [folder, ...more] = positionals
    if (folder === undefined) throw new UsageError('Name the folder of the facts.')
    if (more.length > 0) throw new UsageError(`One folder, not ${positionals.length}.`)
    return { folder, ...values }
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function readLines<T>(file: string): T[] {
  const lines = readText(file).split('\n')
  return lines.flatMap((line, at) => {
    if (line.trim() === '') return []
    try {
      return [JSON.parse(line) as T]
    } catch (error) {
      throw new UsageError(`${file}:${at + 1}: ${(error as Error).message}`)
    }
  })
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`)
  }
}

function readDefinitions(root: string): ReturnType<typeof bundle> {
  const files = ['v2', 'v3'].flatMap(api =>
    readdirSync(join(root, api)).flatMap(name => (name.endsWith('.yaml') ? [`${api}/${name}`] : [])),
  )
  const problems = new Problems()
  const texts = Object.fromEntries(files.map(file => [file, readFileSync(join(root, file), 'utf8')]))
  return bundle(readSources(texts, problems), problems)
}
