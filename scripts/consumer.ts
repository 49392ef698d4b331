import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')

/** The TypeScript compilers that a program on top of the package is checked with: the oldest, the most used, the newest. */
export const COMPILERS = {
  '5.4': 'typescript-5.4/lib/tsc.js',
  '5.9': 'typescript-5.9/lib/tsc.js',
  '7.0': 'typescript/bin/tsc',
} as const

export type Compiler = keyof typeof COMPILERS

/** A project of somebody else's, which has packages of ours installed. */
export interface Consumer {
  path: string
  /** Type-checks it. The output is empty when all is well and nothing more was asked. */
  check(compiler: Compiler, ...options: string[]): { ok: boolean; output: string }
  remove(): void
}

/**
 * Makes a project in a folder of its own, in which `wechatpay-edge` is this package as it was last built.
 *
 * @param files by name
 * @param compilerOptions what its tsconfig.json says beyond `strict`, `noEmit` and ES2022 without other libraries
 * @param others packages and scopes of ours that it has installed, too
 */
export function createConsumer(
  files: Readonly<Record<string, string>>,
  compilerOptions: Readonly<Record<string, unknown>> = {},
  others: readonly string[] = [],
): Consumer {
  const path = mkdtempSync(join(tmpdir(), 'wechatpay-edge-consumer-'))
  const base = { strict: true, noEmit: true, target: 'es2022', lib: ['es2022'], types: [], module: 'nodenext' }
  const written = {
    'package.json': JSON.stringify({ type: 'module' }),
    'tsconfig.json': JSON.stringify({ compilerOptions: { ...base, ...compilerOptions }, files: Object.keys(files) }),
    ...files,
  }
  for (const [name, text] of Object.entries(written)) writeFileSync(join(path, name), text)
  const installed = { 'wechatpay-edge': ROOT, ...Object.fromEntries(others.map(name => [name, packageAt(name)])) }
  for (const [name, target] of Object.entries(installed)) {
    const link = join(path, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(target, link, 'dir')
  }
  return {
    path,
    check(compiler, ...options) {
      // With the collector at hand, tsc counts what it holds rather than what it has not yet thrown away.
      const args = ['--expose-gc', packageAt(COMPILERS[compiler]), '-p', path, ...options]
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      return { ok: status === 0, output: stdout }
    },
    remove: () => rmSync(path, { recursive: true }),
  }
}

/** Where something that is installed here lies. */
export const packageAt = (name: string): string => join(ROOT, 'node_modules', name)
