// node bench/scale.ts: plans and simulates a peak and outages from bench/scale/service-times.json, and writes the tables and charts of
// docs/scale.md and its Chinese twin. Takes about a minute. node bench/scale/measure.ts measures the service times anew.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { planFor } from './scale/plan.ts'
import {
  CHINESE,
  drawCharts,
  ENGLISH,
  furtherTable,
  operationTable,
  outageTable,
  planTable,
  type Words,
} from './scale/report.ts'
import { runScenarios } from './scale/scenarios.ts'
import { readServiceTimes } from './scale/service-times.ts'

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } })
if (values.help) {
  console.log(`Usage: node bench/scale.ts

Simulates the assumptions in bench/scale/assumptions.ts, which you edit, with the service times in
bench/scale/service-times.json, and writes docs/scale.md, its Chinese twin and docs/scale/*.svg. Takes about a minute.`)
  process.exit()
}

const times = readServiceTimes()
const ledger = times.postgres
const plan = planFor(times, ledger)
const scenarios = runScenarios(plan, times, ledger)

const FOLDER = new URL('../docs/scale/', import.meta.url)
await mkdir(FOLDER, { recursive: true })
for (const [name, svg] of Object.entries(drawCharts(scenarios))) await writeFile(new URL(`${name}.svg`, FOLDER), svg)
await writeTables('docs/scale.md', ENGLISH)
await writeTables('docs/scale.zh-CN.md', CHINESE)

/** Replaces what stands between the marks of each table. */
async function writeTables(path: string, words: Words): Promise<void> {
  const file = new URL(`../${path}`, import.meta.url)
  const tables = {
    operations: operationTable(times, ledger, words),
    further: furtherTable(times.further, words),
    plan: planTable(plan, ledger, words),
    outages: outageTable(scenarios, plan, words),
  }
  let text = await readFile(file, 'utf8')
  for (const [name, table] of Object.entries(tables)) {
    const mark = new RegExp(`(<!-- ${name}, written by bench/scale\\.ts -->\n\n).*?(<!-- end -->)`, 's')
    if (!mark.test(text)) throw new Error(`${path} has no mark of the table ${name}.`)
    text = text.replace(mark, (_, begin: string, end: string) => `${begin}${table}\n\n${end}`)
  }
  await writeFile(file, text)
}
