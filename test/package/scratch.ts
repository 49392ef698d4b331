import { execFile } from 'node:child_process'
import { access, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder with the packed package installed in it as its users install it, and a copy of examples/. */
    scratch: string
    /** The file that `npm publish` would send. */
    tarball: string
  }
}

const run = promisify(execFile)

/** Packs what was built, once for all tests, and installs it into a project that has nothing else. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  await access('dist/core/index.js').catch(() => {
    throw new Error('Nothing is built yet: npm run build')
  })
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-package-'))
  const scratch = join(folder, 'scratch')
  await cp('examples', scratch, { recursive: true })
  // The scripts would build once more, under the feet of other tests.
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder])
  const tarball = join(folder, JSON.parse(stdout)[0].filename)
  const project = await projectOf(tarball)
  for (const [name, content] of Object.entries(project)) await writeFile(join(scratch, name), JSON.stringify(content))
  await run('npm', ['ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: scratch })
  // The optional peers that entries are about: who imports such an entry has them.
  await symlink(join(process.cwd(), 'node_modules/@opentelemetry'), join(scratch, 'node_modules/@opentelemetry'))
  await symlink(join(process.cwd(), 'node_modules/testcontainers'), join(scratch, 'node_modules/testcontainers'))
  // The web page is built with it.
  await symlink(join(process.cwd(), 'node_modules/vite'), join(scratch, 'node_modules/vite'))
  provide('scratch', scratch)
  provide('tarball', tarball)
  return () => rm(folder, { recursive: true })
}

interface Locked {
  readonly dev?: boolean
  readonly devOptional?: boolean
}

/**
 * A project that depends on the package alone. What that depends on is locked as it is here: what the registry has published
 * since is not under test, and npm has these in its cache.
 */
async function projectOf(tarball: string): Promise<Record<string, object>> {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8'))
  const { name, version, dependencies, bin } = packages['']
  const own = { private: true, type: 'module', dependencies: { [name]: `file:${tarball}` } }
  const needed = Object.entries<Locked>(packages).filter(
    ([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional,
  )
  const installed = { version, resolved: `file:${tarball}`, dependencies, bin }
  const locked = { '': own, [`node_modules/${name}`]: installed, ...Object.fromEntries(needed) }
  return { 'package.json': own, 'package-lock.json': { lockfileVersion: 3, packages: locked } }
}
