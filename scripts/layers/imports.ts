import { type ESTree, parseSync, Visitor } from 'vite'

/** An import or a re-export, of values or of types. */
export interface Import {
  readonly line: number
  /** Undefined if the program computes it. */
  readonly specifier: string | undefined
}

/** Lists the imports of a file, in every form except `require`. */
export function importsOf(file: string, text: string): Import[] {
  const { program, errors } = parseSync(file, text)
  if (errors[0]) throw new SyntaxError(`${file}: ${errors[0].message}`)
  const imports: Import[] = []
  const add = ({ source }: { readonly source: ESTree.Node | null }): void => {
    if (source === null) return
    const line = text.slice(0, source.start).split('\n').length
    imports.push({ line, specifier: source.type === 'Literal' ? String(source.value) : undefined })
  }
  const visitor = new Visitor({
    ImportDeclaration: add,
    ExportAllDeclaration: add,
    ExportNamedDeclaration: add,
    ImportExpression: add,
    TSImportType: add,
  })
  visitor.visit(program)
  return imports
}
