import type { Endpoint } from './endpoint.ts'
import { chained, pascal, placeholder, property, quoted, segmentsOf } from './names.ts'
import type { Api } from './openapi.ts'
import { grouped } from './print.ts'

/** A node of the chain, with its calls and its children. */
interface Node {
  /** The name of its interface. */
  name: string
  /** `v3/pay/transactions/{transaction_id}` */
  path: string
  endpoints: Endpoint[]
  children: Map<string, Node>
}

/** A method of a node's interface. */
export interface Verb {
  name: string
  comment: string
  /** `Ask<V3…Response>` */
  type: string
}

/** The three spellings of a placeholder. */
const SPELLINGS: readonly ((name: string) => string)[] = [name => `_${name}_`, name => `$${name}$`, name => `{${name}}`]

/** Writes the chain: one interface per node, the roots `V2` and `V3`, and `Paths` with the nodes by full path. */
export function writeTree(endpoints: readonly Endpoint[], verbsOf: (endpoint: Endpoint) => Verb[]): string {
  const roots = (['v2', 'v3'] as const).map(api => grow(api, endpoints))
  const nodes = roots.flatMap(root => [...descendants(root)])
  const paths = nodes
    .filter(node => node.endpoints.length > 0)
    .flatMap(node => pathsOf(node).map(path => `  ${quoted(path)}: ${node.name}\n`))
  return [
    ...nodes.map(node => declare(node, verbsOf)),
    '/** All endpoints by path, in every spelling of their placeholders. */\n',
    `export interface Paths {\n${paths.join('')}}\n`,
  ].join('')
}

function grow(api: Api, endpoints: readonly Endpoint[]): Node {
  const root: Node = { name: api.toUpperCase(), path: api, endpoints: [], children: new Map() }
  for (const endpoint of endpoints) {
    if (endpoint.api !== api) continue
    let node = root
    for (const segment of segmentsOf(endpoint.path)) {
      const path = `${node.path}/${segment}`
      const child = node.children.get(segment) ?? { name: nameOf(path), path, endpoints: [], children: new Map() }
      node.children.set(segment, child)
      node = child
    }
    node.endpoints.push(endpoint)
  }
  return root
}

/** Returns a unique interface name, which keeps `_` and marks placeholders by `$`. */
const nameOf = (path: string): string => `${path.split('/').map(nodeWord).join('')}Node`

const nodeWord = (segment: string): string =>
  placeholder(segment) ? `$${placeholder(segment)}` : segment.split('-').map(pascalWord).join('')

const pascalWord = (word: string): string => pascal(word.slice(0, 1)) + word.slice(1)

function* descendants(node: Node): Generator<Node> {
  yield node
  for (const child of node.children.values()) yield* descendants(child)
}

function declare(node: Node, verbsOf: (endpoint: Endpoint) => Verb[]): string {
  const verbs = node.endpoints.flatMap(verbsOf)
  const children = new Map(
    [...node.children].flatMap(([segment, child]) => written(segment).map(name => [name, child.name] as const)),
  )
  // A segment that is also a verb of this node (`delete`) is both a function and a node.
  const called = verbs.map(({ name, comment, type }) => {
    const child = children.get(name)
    children.delete(name)
    return `${comment}  ${name}: ${child ? `${grouped(type)} & ${child}` : type}\n`
  })
  const followed = [...children].map(([name, type]) => `  ${property(name)}: ${type}\n`)
  const visibility = node.path === 'v2' || node.path === 'v3' ? 'export ' : ''
  return `${visibility}interface ${node.name} {\n${called.join('')}${followed.join('')}}\n\n`
}

/** Lists the properties of a chain for a segment. */
function written(segment: string): string[] {
  const name = placeholder(segment)
  return name === undefined ? [chained(segment)] : SPELLINGS.map(spell => spell(name))
}

/** Lists the spellings of a node's path, with and without the final slash if its endpoints have one. */
const pathsOf = ({ path, endpoints }: Node): string[] => {
  const hasSlash = endpoints.some(endpoint => endpoint.path.endsWith('/'))
  return spellings(path).flatMap(spelling => (hasSlash ? [spelling, `${spelling}/`] : [spelling]))
}

/** Lists the distinct spellings of a path, one per spelling of placeholders. */
const spellings = (path: string): string[] => [
  ...new Set(
    SPELLINGS.map(spell =>
      path
        .split('/')
        .map(segment => spelt(segment, spell))
        .join('/'),
    ),
  ),
]

function spelt(segment: string, spell: (name: string) => string): string {
  const name = placeholder(segment)
  return name === undefined ? segment : spell(name)
}
