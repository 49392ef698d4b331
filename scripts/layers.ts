// Checks that files import only what the table of layers allows and ARCHITECTURE.md shows: node scripts/layers.ts
// Draws the table into ARCHITECTURE.md: node scripts/layers.ts --draw
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { violationsOf } from './layers/check.ts'
import { withDrawing } from './layers/drawing.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const drawn = withDrawing(read('ARCHITECTURE.md'))

if (process.argv.includes('--draw')) writeFileSync(join(root, 'ARCHITECTURE.md'), drawn)
else {
  const files = globSync(['{src,worker,examples}/**/*.ts', 'src/**/*.tsx'], { cwd: root, exclude: ['**/node_modules'] })
  const violations = violationsOf(
    Object.fromEntries(files.sort().map(file => [file.replaceAll('\\', '/'), read(file)])),
  )
  if (drawn !== read('ARCHITECTURE.md'))
    violations.push('ARCHITECTURE.md: does not show scripts/layers/table.ts; run `npm run graph`')
  for (const violation of violations) process.stderr.write(`${violation}\n`)
  if (violations.length > 0) process.exitCode = 1
}
