// Compares the definitions with tables of facts: node scripts/compare-facts.ts <table>... [--details <file>]
// [--explained <file>] [--guard <folder>] [--write] [--all] [--json]
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { contradictionsOf, verdictOn } from './compare-facts/contradiction.ts'
import { unwitnessedOf } from './compare-facts/coverage.ts'
import { definitionNodes } from './compare-facts/definitions.ts'
import { type DetailLine, detailContradictions } from './compare-facts/details.ts'
import { differencesOf } from './compare-facts/difference.ts'
import { type FactEndpoint, type FactNotification, factNodes } from './compare-facts/facts.ts'
import { guardReport } from './compare-facts/guard-report.ts'
import type { Nodes } from './compare-facts/node.ts'
import { driftOf, type Outline, outlinesOf } from './compare-facts/outline.ts'
import { report } from './compare-facts/report.ts'
import { TableError, toExplanation, toStatement } from './compare-facts/statement.ts'
import { verdictReport } from './compare-facts/verdict-report.ts'
import { bundle } from './generate/bundle.ts'
import { APIS } from './generate/openapi.ts'
import { Problems, readSources } from './generate/source.ts'

const USAGE = `Usage: node scripts/compare-facts.ts <table>... [--details <file>] [--explained <file>] [--guard <folder>] [--write] [--all] [--json]
  <table>             a folder with endpoints.jsonl and notifications.jsonl, whose differences are all listed;
                      or a file of statements, whose contradictions are listed (test/facts/README.md has the format)
  --details <file>    limits, units and names of values, which the definitions must have exactly
  --explained <file>  contradictions that have a reason
  --guard <folder>    requests.jsonl and answers.jsonl, the outlines that the definitions must fit exactly, and unwitnessed.txt,
                      the endpoints with money or encrypted fields of which no statement tells anything
  --write             writes the files of --guard anew; look at every line that changes
  --all               lists the systematic differences and the explained contradictions, too
  --json              all of them, as JSON

Fails on a contradiction without an explanation, on an explanation that explains nothing, and on a definition that differs from
its outline.`

class UsageError extends Error {}

try {
  const { tables, details, explained, guard, write: isWriting, all, json } = readArguments()
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const whole = tables.filter(isFolder).map(readWhole)
  const statements = tables.filter(path => !isFolder(path)).flatMap(file => readLines(file, toStatement))
  const limits = details === undefined ? [] : readLines(details, row => row as DetailLine)
  const explanations = explained === undefined ? [] : readLines(explained, toExplanation)
  // Read last, because it takes longest.
  const document = readDefinitions(join(import.meta.dirname, '../src/definitions'))
  const definitions = definitionNodes(document)
  const write = (result: unknown, text: () => string) =>
    process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : text())
  for (const facts of whole) {
    const differences = differencesOf(facts, definitions)
    write(differences, () => report(differences, { facts: facts.size, definitions: definitions.size }, all))
  }
  if (whole.length < tables.length) {
    const stated = [...contradictionsOf(statements, definitions), ...detailContradictions(limits, definitions)]
    const verdict = verdictOn(stated, explanations)
    write(verdict, () => verdictReport(verdict, statements.length + limits.length, all))
    if (verdict.failures.length + verdict.stale.length > 0) process.exitCode = 1
  }
  if (guard !== undefined) {
    const unwitnessed = unwitnessedOf(document, definitions, statements)
    if (isWriting) writeGuard(guard, definitions, unwitnessed)
    const drift = driftOf(readOutlines(guard), definitions)
    const listed = readText(join(guard, 'unwitnessed.txt')).split('\n').filter(Boolean)
    const coverage = {
      missing: unwitnessed.filter(of => !listed.includes(of)),
      stale: listed.filter(of => !unwitnessed.includes(of)),
    }
    write({ drift, coverage }, () => guardReport(drift, coverage))
    if (drift.length + coverage.missing.length + coverage.stale.length > 0) process.exitCode = 1
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

function readOutlines(folder: string): Outline[] {
  return ['requests.jsonl', 'answers.jsonl'].flatMap(name => readLines(join(folder, name), row => row as Outline))
}

function writeGuard(folder: string, definitions: Nodes, unwitnessed: readonly string[]): void {
  const { requests, answers } = outlinesOf(definitions)
  const lines = (rows: readonly unknown[]) => rows.map(row => `${JSON.stringify(row)}\n`).join('')
  writeFileSync(join(folder, 'requests.jsonl'), lines(requests))
  writeFileSync(join(folder, 'answers.jsonl'), lines(answers))
  writeFileSync(join(folder, 'unwitnessed.txt'), unwitnessed.map(of => `${of}\n`).join(''))
}

interface Arguments {
  tables: string[]
  details: string | undefined
  explained: string | undefined
  guard: string | undefined
  write: boolean
  all: boolean
  json: boolean
}

function readArguments(): Arguments {
  const options = {
    details: { type: 'string' },
    explained: { type: 'string' },
    guard: { type: 'string' },
    write: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  } as const
  try {
    const { positionals: tables, values } = parseArgs({ options, allowPositionals: true })
    if (tables.length === 0) throw new UsageError('Name a table of facts: a folder or a file.')
    const { details, explained, guard, write, all, json } = values
    if (write && guard === undefined) throw new UsageError('Name the folder to write to with --guard.')
    return { tables, details, explained, guard, write, all, json }
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
  const files = APIS.flatMap(api =>
    readdirSync(join(root, api)).flatMap(name => (name.endsWith('.yaml') ? [`${api}/${name}`] : [])),
  )
  const problems = new Problems()
  const texts = Object.fromEntries(files.map(file => [file, readFileSync(join(root, file), 'utf8')]))
  return bundle(readSources(texts, problems), problems)
}
