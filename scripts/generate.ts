// Writes the folders generated/ of src/definitions, src/flows, src/gateway and src/simulator: node scripts/generate.ts
// Writes nothing, and fails if these are not up to date: node scripts/generate.ts --check
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readLogPolicy } from './generate/log-policy.ts'
import { outputs } from './generate/outputs.ts'
import { DefinitionError } from './generate/source.ts'

const src = join(import.meta.dirname, '../src')
const root = join(src, 'definitions')
const target = join(root, 'generated')
/** Folders of the files that belong to another room. */
const elsewhere: Readonly<Record<string, string>> = {
  'catalogue.ts': join(src, 'simulator/generated'),
  'amounts.ts': join(src, 'gateway/generated'),
  'ip-allow-list.ts': join(src, 'gateway/generated'),
  'settled-by.ts': join(src, 'gateway/generated'),
  'idempotence.ts': join(src, 'gateway/generated'),
  'log-fields.ts': join(src, 'gateway/generated'),
  'paginations.ts': join(src, 'flows/generated'),
}

const files = ['v2', 'v3'].flatMap(api =>
  readdirSync(join(root, api))
    .filter(name => name.endsWith('.yaml'))
    .map(name => `${api}/${name}`),
)
try {
  const written = outputs(
    Object.fromEntries(files.map(file => [file, readFileSync(join(root, file), 'utf8')])),
    readLogPolicy(readFileSync(join(root, 'log-policy.yaml'), 'utf8')),
  )
  const pathOf = (name: string): string => join(elsewhere[name] ?? target, name)
  const paths = Object.keys(written).map(pathOf)
  /** Files of an earlier version of the generator, which the compiler would read. */
  const leftOver = globSync('**/generated/*', { cwd: src })
    .map(path => join(src, path))
    .filter(path => !paths.includes(path))
  if (process.argv.includes('--check')) {
    const isStale = (name: string): boolean =>
      !existsSync(pathOf(name)) || readFileSync(pathOf(name), 'utf8') !== written[name]
    const stale = [...Object.keys(written).filter(isStale), ...leftOver]
    if (stale.length > 0) {
      process.stderr.write(`Not up to date with the definitions: ${stale.join(', ')}. Run \`npm run generate\`.\n`)
      process.exitCode = 1
    }
  } else {
    for (const path of leftOver) rmSync(path)
    for (const [name, text] of Object.entries(written)) {
      mkdirSync(dirname(pathOf(name)), { recursive: true })
      writeFileSync(pathOf(name), text)
    }
  }
} catch (error) {
  if (!(error instanceof DefinitionError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
