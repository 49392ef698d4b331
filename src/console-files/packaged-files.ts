import type { ReadConsoleFile } from './serve-console.ts'

/** Folder of the definitions that the explorer loads. */
const DEFINITIONS = 'definitions/'

/** Reads the files of the console that this package contains. They are loaded only now, because most programs never show the page. */
export const readPackagedFile: ReadConsoleFile = async name => {
  const files = name.startsWith(DEFINITIONS)
    ? (await import('./generated/definition-files.ts')).DEFINITION_FILES
    : (await import('./generated/console-files.ts')).CONSOLE_FILES
  return Object.hasOwn(files, name) ? files[name] : undefined
}
