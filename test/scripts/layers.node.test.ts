import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { violationsOf } from '../../scripts/layers/check.ts'
import { withDrawing } from '../../scripts/layers/drawing.ts'
import type { Room } from '../../scripts/layers/table.ts'

/** The violations of files against the table of this repository, without what it says of rows that so few files do not use. */
const violations = (sources: Record<string, string>): string[] =>
  violationsOf(sources).filter(violation => !violation.startsWith('scripts/'))

const room = (name: string, rooms: string[] = [], packages: string[] = []): Room => ({
  name,
  paths: [`src/${name}`],
  rooms,
  packages,
})

it.each([
  ['a built-in module in the core', 'src/core/base/bytes.ts', "import { Buffer } from 'node:buffer'", 'node:buffer'],
  ['a built-in module in a flow', 'src/flows/wait.ts', "import 'node:timers'", 'node:timers'],
  ['a built-in module in the gateway', 'src/gateway/app.ts', "import 'node:http'", 'node:http'],
  ['a built-in module in the simulator', 'src/simulator/context.ts', "import 'node:fs'", 'node:fs'],
  ['an adapter in the core', 'src/core/client/client.ts', "import '../../adapters/node.ts'", 'of adapters'],
  ['a client in a codec', 'src/core/codec/xml.ts', "import { chain } from '../client/chain.ts'", 'of core/client'],
  ['the client in the simulator', 'src/simulator/context.ts', "import '../core/index.ts'", 'of core/index'],
  ['the protocol in the simulator', 'src/simulator/v3/check.ts', "import '../../core/protocol/v3.ts'", 'core/protocol'],
  ['a storage in the gateway', 'src/gateway/app.ts', "import '../storage/sqlite.ts'", 'of storage'],
  ['a package that the row does not name', 'src/flows/wait.ts', "import 'hono'", 'imports hono;'],
  [
    'a file outside of all rooms',
    'src/core/base/bytes.ts',
    "import '../../../scripts/table.ts'",
    '../../../scripts/table.ts',
  ],
  ['sources in an example', 'examples/node/index.ts', "import '../../src/core/index.ts'", 'of core/index'],
  ['a type', 'src/core/base/bytes.ts', "import type { Wechatpay } from '../client/client.ts'", 'of core/client'],
  ['a re-export', 'src/core/base/bytes.ts', "export { Wechatpay } from '../client/client.ts'", 'of core/client'],
  ['a re-export of everything', 'src/core/base/bytes.ts', "export * from '../client/client.ts'", 'of core/client'],
  [
    'a dynamic import',
    'src/core/base/bytes.ts',
    "export const load = () => import('../client/client.ts')",
    'of core/client',
  ],
  [
    'a type in place',
    'src/core/base/bytes.ts',
    "export type C = import('../client/client.ts').Wechatpay",
    'of core/client',
  ],
  [
    'an import that is computed',
    'src/core/base/bytes.ts',
    'export const load = (name: string) => import(name)',
    'computes',
  ],
])('the layers refuse %s', (_, file, line, problem) => {
  expect(violations({ [file]: `// a comment\n${line}\n` })).toEqual([expect.stringContaining(problem)])
  expect(violations({ [file]: `// a comment\n${line}\n` })[0]).toMatch(`${file}:2: `)
})

it('the layers accept what the table allows, and anything within a room', () => {
  const sources = {
    'src/server/http.ts': "import 'node:http'\nimport '../adapters/node.ts'\nimport '../core/protocol/v3.ts'",
    'src/flows/bill/parse/parse.ts': "import '../wait.ts'\nimport './row.ts'\nimport '../../core/index.ts'",
    'src/core/codec/xml.ts': "import '../base/bytes.ts'\n// import 'node:fs'\nconst text = `import 'node:fs'`",
  }
  expect(violations(sources)).toEqual([])
})

it('a file that belongs to no room is refused', () => {
  expect(violations({ 'src/core/new.ts': '' })).toEqual([
    'src/core/new.ts: does not belong to a room; add it to scripts/layers/table.ts',
  ])
})

it('a row is refused that allows a room above it, or what none of its files imports', () => {
  const sources = { 'src/low/a.ts': "import '../high/a.ts'", 'src/high/a.ts': "import '../low/a.ts'\nimport 'hono'" }
  expect(violationsOf(sources, [room('high', ['low'], ['hono']), room('low', ['high'])])).toEqual([
    'scripts/layers/table.ts: low allows high, which is not a room below it; a room may import only rooms below it',
  ])
  expect(violationsOf({}, [room('high', ['low'], ['hono']), room('low')])).toEqual([
    'scripts/layers/table.ts: high allows low, which none of its files imports; remove it from the row',
    'scripts/layers/table.ts: high allows hono, which none of its files imports; remove it from the row',
  ])
})

it('the drawing has every room and every arrow that no other implies, and replaces the one before it', () => {
  const document = (drawing: string) =>
    `# A\n<!-- drawn by \`npm run graph\` from scripts/layers/table.ts -->${drawing}<!-- end of the drawing -->\n## B\n`
  const rooms = [
    room('high', ['middle', 'core'], ['hono']),
    room('middle', ['core', 'low']),
    room('core/a', ['core/b', 'core/c']),
    room('core/b', ['core/c']),
    room('core/c', ['low']),
    room('low'),
  ]
  const drawn = withDrawing(document('old'), rooms)
  expect(drawn).toContain(
    [
      'flowchart TD',
      '  high[high]',
      '  middle[middle]',
      '  low[low]',
      '  subgraph core',
      '    core_a[a]',
      '    core_b[b]',
      '    core_c[c]',
      '  end',
      '  high --> middle',
      '  middle --> core',
      '  core_a --> core_b',
      '  core_b --> core_c',
      '  core_c --> low',
    ].join('\n'),
  )
  expect(drawn).toContain('| high | `src/high` | middle, core | `hono` |')
  expect(drawn).not.toContain('old')
  expect(withDrawing(drawn, rooms)).toBe(drawn)
  expect(() => withDrawing('# A', rooms)).toThrow('the document lacks the marks')
})

const folders: string[] = []
afterAll(() => Promise.all(folders.map(folder => rm(folder, { recursive: true }))))

/** Runs Biome with the configuration of this repository over a tree of its own. */
async function lint(sources: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-layers-'))
  folders.push(folder)
  await copyFile('biome.json', join(folder, 'biome.json'))
  for (const [path, text] of Object.entries({ ...sources, '.gitignore': 'node_modules/\n' })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const biome = resolve('node_modules/@biomejs/biome/bin/biome')
  const { stdout, stderr } = spawnSync(process.execPath, [biome, 'lint'], { cwd: folder, encoding: 'utf8' })
  return stdout + stderr
}

it('Biome refuses a circle of imports, of types too', async () => {
  const found = await lint({
    'src/core/a.ts': "import { b } from './b.ts'\n\nexport const a = (): number => b\n",
    'src/core/b.ts': "import { a } from './a.ts'\n\nexport const b: number = a()\n",
    'worker/c.ts': "import type { D } from './d.ts'\n\nexport interface C {\n  d: D\n}\n",
    'worker/d.ts': "import type { C } from './c.ts'\n\nexport interface D {\n  c: C\n}\n",
    'worker/e.ts': "import type { C } from './c.ts'\n\nexport type E = C\n",
  })
  const files = [...found.matchAll(/^(\S+):\d+:\d+ lint\/suspicious\/noImportCycles/gm)].map(([, file]) => file)
  expect(files.sort()).toEqual(['src/core/a.ts', 'src/core/b.ts', 'worker/c.ts', 'worker/d.ts'])
})
