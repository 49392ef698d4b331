import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { APIS, type Api, type Document } from './openapi.ts'

export type Path = readonly (string | number)[]

/** A definition file with the line numbers of its parts. */
export interface Source {
  /** `v3/refund.yaml` */
  file: string
  api: Api
  document: Document
  line(path: Path): number
}

/** Thrown for invalid definitions, with one problem per line: `v3/refund.yaml:12: …`. */
export class DefinitionError extends Error {
  override name = 'DefinitionError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the definitions have ${problems.length} problem(s):\n${problems.join('\n')}`)
    this.problems = problems
  }
}

/** Collects problems, so that one run reports all of them. */
export class Problems {
  readonly #list: string[] = []

  add(source: Source, path: Path, message: string): void {
    this.#list.push(`${source.file}:${source.line(path)}: ${message}`)
  }

  addLine(file: string, line: number, message: string): void {
    this.#list.push(`${file}:${line}: ${message}`)
  }

  throwIfAny(): void {
    if (this.#list.length > 0) throw new DefinitionError(this.#list)
  }
}

/** Reads the definition files; the folder in their name is the API. */
export function readSources(texts: Readonly<Record<string, string>>, problems: Problems): Source[] {
  const sources = Object.keys(texts)
    .sort()
    .map(file => readSource(file, texts[file]!, problems))
  problems.throwIfAny()
  return sources
}

function readSource(file: string, text: string, problems: Problems): Source {
  const lines = new LineCounter()
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  for (const { pos, message } of parsed.errors) problems.addLine(file, lines.linePos(pos[0]).line, message)
  const [api] = file.split('/')
  if (!APIS.includes(api as Api)) problems.addLine(file, 1, `is in none of the folders ${APIS.join(', ')}`)
  if (!isMap(parsed.contents)) problems.addLine(file, 1, 'is not an OpenAPI document')
  const document: unknown = parsed.errors.length === 0 ? parsed.toJS() : {}
  if (parsed.errors.length === 0 && !parsed.getIn(['info', 'title'])) problems.addLine(file, 1, 'has no info.title')
  const root = parsed.contents
  return {
    file,
    api: api as Api,
    document: document as Document,
    line: path => (root ? lines.linePos(offsetOf(root, path)).line : 1),
  }
}

/** Finds the offset of a path: of its key or list item, or of the nearest enclosing one that exists. */
function offsetOf(root: Node, path: Path): number {
  let offset = root.range?.[0] ?? 0
  let node: unknown = root
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
      if (!pair) break
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(part)]
      offset = (node as Node | undefined)?.range?.[0] ?? offset
    } else break
  }
  return offset
}
