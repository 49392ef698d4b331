import { readConfig } from '../../src/gateway/index.ts'

/** Lists the names of variables that the gateway takes for misspelt ones. */
export function unknownVariables(names: readonly string[]): string[] {
  try {
    readConfig(Object.fromEntries(names.map(name => [name, 'x'])))
  } catch (error) {
    const { problems } = error as { problems: { option: string; message: string }[] }
    return problems.filter(({ message }) => message.includes('no such variable')).map(({ option }) => option)
  }
  return []
}
