// Builds the command line as one file that needs no Node: node scripts/executable.ts [target] [file]
// The target is one of Bun's, such as linux-x64 or windows-x64; without one, it is this machine.
// Default file: dist/executable/wechatpay-edge.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

/** The machines that a release is built for. A modern x64 processor is not assumed (`-baseline`). */
export const TARGETS: readonly string[] = [
  'linux-x64-baseline',
  'linux-arm64',
  'darwin-x64',
  'darwin-arm64',
  'windows-x64-baseline',
]

const ROOT = join(import.meta.dirname, '..')

/** The arguments with which Bun builds the executable. */
export const argumentsOf = (file: string, target?: string): string[] => [
  'build',
  '--compile',
  '--minify',
  // Compiled ahead of time: a start takes a fifth of the time.
  '--bytecode',
  '--format=esm',
  // The current folder may be somebody else's: its `.env` must not set variables, and its `bunfig.toml` can run code.
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  ...(target ? [`--target=bun-${target}`] : []),
  // The tools for coding agents read these.
  '--asset=dist/openapi.json',
  '--asset=skills',
  'src/cli/main.ts',
  `--outfile=${file}`,
]

/** Builds the executable. `npm run build` must have run before. */
export function buildExecutable(file: string, target?: string): void {
  if (!existsSync(join(ROOT, 'dist/openapi.json'))) throw new Error('Nothing is built yet: npm run build')
  execFileSync(join(ROOT, 'node_modules/.bin/bun'), argumentsOf(file, target), { cwd: ROOT, stdio: 'pipe' })
}

if (import.meta.main) {
  const [target, file = 'dist/executable/wechatpay-edge'] = process.argv.slice(2)
  buildExecutable(file, target)
}
