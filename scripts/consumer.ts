import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')

/**
 * TypeScript compilers to check programs that use the package with: the oldest supported, the most used, the newest.
 */
export const COMPILERS = {
  '5.4': 'typescript-5.4/lib/tsc.js',
  '5.9': 'typescript-5.9/lib/tsc.js',
  '7.0': 'typescript/bin/tsc',
} as const

export type Compiler = keyof typeof COMPILERS

/** A project that has packages of this repository installed. */
export interface Consumer {
  path: string
  /** Type-checks the project. The output is empty if there are no errors and no options that print. */
  check(compiler: Compiler, ...options: string[]): { ok: boolean; output: string }
  remove(): void
}

/**
 * Creates a project in a folder of its own, in which `wechatpay-edge` is this package as last built.
 *
 * @param files by name
 * @param compilerOptions added to `strict`, `noEmit` and ES2022 without other libraries
 * @param others further packages and scopes to install from this repository
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
      // With --expose-gc, tsc reports the memory after a collection.
      const args = ['--expose-gc', packageAt(COMPILERS[compiler]), '-p', path, ...options]
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      return { ok: status === 0, output: stdout }
    },
    remove: () => rmSync(path, { recursive: true }),
  }
}

/** Returns the path of an installed package. */
export const packageAt = (name: string): string => join(ROOT, 'node_modules', name)
