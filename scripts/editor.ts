import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type TypeScript from 'typescript-5.9'

export const ts = createRequire(import.meta.url)('typescript-5.9') as typeof TypeScript

/** A place in a program, and the language service to ask about it. */
export interface Place {
  position: number
  service: TypeScript.LanguageService
}

/** The language service of TypeScript 5.9 with one open file, as an editor runs it. */
export interface Editor {
  /** Replaces what follows the head of the file; returns the place of `|`, which is left out. */
  type(marked: string): Place
}

/**
 * Starts the language service.
 *
 * @param file absolute path of the open file, which need not exist
 * @param head how the file begins
 * @param options added to `strict`, ES2022 and `nodenext`, without types of packages that the file does not import
 */
export function createEditor(file: string, head: string, options: TypeScript.CompilerOptions = {}): Editor {
  let text = head
  let version = 0
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: name => (name === file ? String(version) : '1'),
    getScriptSnapshot: name => {
      if (name === file) return ts.ScriptSnapshot.fromString(text)
      return ts.sys.fileExists(name) ? ts.ScriptSnapshot.fromString(readFileSync(name, 'utf8')) : undefined
    },
    getCurrentDirectory: () => import.meta.dirname,
    getCompilationSettings: () => ({
      strict: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      types: [],
      ...options,
    }),
    getDefaultLibFileName: given => ts.getDefaultLibFilePath(given),
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
  })
  return {
    type(marked) {
      version++
      text = `${head}${marked.replace('|', '')}`
      return { position: head.length + marked.indexOf('|'), service }
    },
  }
}
