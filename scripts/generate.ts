// Writes the folders generated/ of src/definitions, src/flows, src/gateway, src/simulator and src/console-files: node scripts/generate.ts
// Writes nothing, and fails if these are not up to date: node scripts/generate.ts --check
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeConsoleFiles } from './generate/console.ts'
import { readLogPolicy } from './generate/log-policy.ts'
import { APIS } from './generate/openapi.ts'
import { outputs } from './generate/outputs.ts'
import { DefinitionError } from './generate/source.ts'

const src = join(import.meta.dirname, '../src')
const root = join(src, 'definitions')
const target = join(root, 'generated')
/** Folders of the files that belong to another room. */
const elsewhere: Readonly<Record<string, string>> = {
  'catalogue.ts': join(src, 'simulator/generated'),
  'console-files.ts': join(src, 'console-files/generated'),
  'definition-files.ts': join(src, 'console-files/generated'),
  'amounts.ts': join(src, 'gateway/generated'),
  'ip-allow-list.ts': join(src, 'gateway/generated'),
  'settled-by.ts': join(src, 'gateway/generated'),
  'idempotence.ts': join(src, 'gateway/generated'),
  'log-fields.ts': join(src, 'gateway/generated'),
  'upload-sizes.ts': join(src, 'gateway/generated'),
  'paginations.ts': join(src, 'flows/generated'),
  'upload-rules.ts': join(src, 'flows/generated'),
  'download-paths.ts': join(src, 'flows/generated'),
  'questions.ts': join(src, 'flows/generated'),
  'rates.ts': join(src, 'flows/generated'),
}

type Files = Readonly<Record<string, string>>

const pathOf = (name: string): string => join(elsewhere[name] ?? target, name)

const pageFiles = async (): Promise<Files> => ({ 'console-files.ts': await writeConsoleFiles() })

function write(written: Files): void {
  for (const [name, text] of Object.entries(written)) {
    mkdirSync(dirname(pathOf(name)), { recursive: true })
    writeFileSync(pathOf(name), text)
  }
}

/** Returns the files of an earlier version of the generator, which the compiler would read. */
function leftOver(written: Files): readonly string[] {
  const paths = Object.keys(written).map(pathOf)
  return globSync('**/generated/*', { cwd: src })
    .map(path => join(src, path))
    .filter(path => !paths.includes(path))
}

const staleOf = (written: Files): readonly string[] =>
  Object.keys(written).filter(name => !existsSync(pathOf(name)) || readFileSync(pathOf(name), 'utf8') !== written[name])

async function check(defined: Files): Promise<void> {
  let stale = staleOf(defined)
  if (stale.length === 0) {
    const page = await pageFiles()
    stale = [...staleOf(page), ...leftOver({ ...defined, ...page })]
  }
  if (stale.length === 0) return
  process.stderr.write(`Not up to date with the definitions: ${stale.join(', ')}. Run \`npm run generate\`.\n`)
  process.exitCode = 1
}

const files = APIS.flatMap(api =>
  readdirSync(join(root, api))
    .filter(name => name.endsWith('.yaml'))
    .map(name => `${api}/${name}`),
)
try {
  const definitions = Object.fromEntries(files.map(file => [file, readFileSync(join(root, file), 'utf8')]))
  const defined = outputs(definitions, readLogPolicy(readFileSync(join(root, 'log-policy.yaml'), 'utf8')))
  if (process.argv.includes('--check')) await check(defined)
  else {
    write(defined)
    // The page is bundled with the client, which imports what was just written.
    const page = await pageFiles()
    write(page)
    for (const path of leftOver({ ...defined, ...page })) rmSync(path)
  }
} catch (error) {
  if (!(error instanceof DefinitionError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
