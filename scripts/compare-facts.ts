// Compares the definitions with tables of facts: node scripts/compare-facts.ts <table>... [--explained <file>] [--all] [--json]
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { contradictionsOf, verdictOn } from './compare-facts/contradiction.ts'
import { definitionNodes } from './compare-facts/definitions.ts'
import { differencesOf } from './compare-facts/difference.ts'
import { type FactEndpoint, type FactNotification, factNodes } from './compare-facts/facts.ts'
import type { Nodes } from './compare-facts/node.ts'
import { report } from './compare-facts/report.ts'
import { TableError, toExplanation, toStatement } from './compare-facts/statement.ts'
import { verdictReport } from './compare-facts/verdict-report.ts'
import { bundle } from './generate/bundle.ts'
import { Problems, readSources } from './generate/source.ts'

const USAGE = `Usage: node scripts/compare-facts.ts <table>... [--explained <file>] [--all] [--json]
  <table>             a folder with endpoints.jsonl and notifications.jsonl, whose differences are all listed;
                      or a file of statements, whose contradictions are listed (test/facts/README.md has the format)
  --explained <file>  contradictions that have a reason
  --all               lists the systematic differences and the explained contradictions, too
  --json              all of them, as JSON

Fails on a contradiction without an explanation, and on an explanation that explains nothing.`

class UsageError extends Error {}

try {
  const { tables, explained, all, json } = readArguments()
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const whole = tables.filter(isFolder).map(readWhole)
  const statements = tables.filter(path => !isFolder(path)).flatMap(file => readLines(file, toStatement))
  const explanations = explained === undefined ? [] : readLines(explained, toExplanation)
  // Read last, because it takes longest.
  const definitions = definitionNodes(readDefinitions(join(import.meta.dirname, '../src/definitions')))
  const write = (result: unknown, text: () => string) =>
    process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : text())
  for (const facts of whole) {
    const differences = differencesOf(facts, definitions)
    write(differences, () => report(differences, { facts: facts.size, definitions: definitions.size }, all))
  }
  if (whole.length < tables.length) {
    const verdict = verdictOn(contradictionsOf(statements, definitions), explanations)
    write(verdict, () => verdictReport(verdict, statements.length, all))
    if (verdict.failures.length + verdict.stale.length > 0) process.exitCode = 1
  }
} catch (error) {
  if (!(error instanceof UsageError || error instanceof TableError)) throw error
  process.stderr.write(`${error.message}\n${error instanceof UsageError ? `${USAGE}\n` : ''}`)
  process.exitCode = 1
}

/** Reads the tables of a folder, which describe endpoints completely. */
function readWhole(folder: string): Nodes {
  return factNodes(
    readLines(join(folder, 'endpoints.jsonl'), row => row as FactEndpoint),
    readLines(join(folder, 'notifications.jsonl'), row => row as FactNotification),
  )
}

function readArguments(): { tables: string[]; explained: string | undefined; all: boolean; json: boolean } {
  const options = {
    explained: { type: 'string' },
    all: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  } as const
  try {
    const { positionals: tables, values } = parseArgs({ options, allowPositionals: true })
    if (tables.length === 0) throw new UsageError('Name a table of facts: a folder or a file.')
    return { tables, explained: values.explained, all: values.all, json: values.json }
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function readLines<T>(file: string, read: (row: unknown, where: string) => T): T[] {
  const lines = readText(file).split('\n')
  return lines.flatMap((line, at) => {
    if (line.trim() === '') return []
    return [read(parsed(line, `${file}:${at + 1}`), `${basename(file)}:${at + 1}`)]
  })
}

function parsed(line: string, where: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw new UsageError(`${where}: ${(error as Error).message}`)
  }
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
