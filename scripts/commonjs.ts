import { glob, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/**
 * Lets CommonJS load what was built, without a second copy of the code or of the types.
 *
 * `require` finds `index.cjs` of an entry, which loads the ES module beside it: a class is the same however a program loads it,
 * so that `instanceof` holds. All types stand in `.d.cts`, which TypeScript accepts from both kinds of modules; `index.d.ts` of an
 * entry re-exports them, so that the types are of the same kind as the code, as TypeScript's `node16` requires. It repeats an
 * entry that only re-exports, which spares TypeScript one file and one copy of the list of all exports.
 *
 * @param dist the folder that holds what was built
 * @param entries the paths of the entries within it, without their extension
 */
export async function addCommonJs(dist: string, entries: readonly string[]): Promise<void> {
  for await (const name of glob('**/*.d.ts', { cwd: dist })) {
    const from = join(dist, name)
    const types = await readFile(from, 'utf8')
    await writeFile(from, types.replaceAll(/(?<=\b(?:from |import |import\()["']\.[^"'\n]*)\.js(?=["'])/g, '.cjs'))
    await rename(from, from.replace(/\.ts$/, '.cts'))
  }
  for (const entry of entries) {
    const file = basename(entry)
    await writeFile(join(dist, `${entry}.cjs`), `module.exports = require('./${file}.js')\n`)
    const types = await readFile(join(dist, `${entry}.d.cts`), 'utf8')
    await writeFile(join(dist, `${entry}.d.ts`), onlyReexports(types) ? types : `export * from './${file}.cjs'\n`)
  }
}

/** Whether declarations declare nothing themselves, so that a copy has the same types. The bundler writes a statement per line. */
const onlyReexports = (types: string): boolean =>
  types.split('\n').every(line => /^($|(import|export) [{*])/.test(line))
