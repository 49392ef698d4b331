import type { Endpoint } from './endpoint.ts'
import { chained, pascal, placeholder, property, quoted, segmentsOf, typeName } from './names.ts'
import { APIS, type Api } from './openapi.ts'
import { comment, grouped } from './print.ts'

/** A node of the chain, with its calls and its children. */
interface Node {
  /** The name of its interface. */
  name: string
  /** `v3/pay/transactions/{transaction_id}` */
  path: string
  endpoints: Endpoint[]
  /** Titles of the definition files of all endpoints below. */
  products: Set<string>
  children: Map<string, Node>
}

/** A method of a node's interface. */
export interface Verb {
  name: string
  /** Lines of its comment. */
  lines: string[]
  /** `Ask<V3…Response>` */
  type: string
}

/** The three spellings of a placeholder. */
const SPELLINGS: readonly ((name: string) => string)[] = [name => `_${name}_`, name => `$${name}$`, name => `{${name}}`]

/**
 * Writes the chain: the roots `V2`, `V3` and `Brand`, one interface per first segment, literals below, and `PathName`
 * with the path of each node that has calls. A program that imports the package parses every node, so a path is a
 * literal, and the type of its calls is looked up in the chain.
 */
export function writeTree(endpoints: readonly Endpoint[], verbsOf: (endpoint: Endpoint) => Verb[]): string {
  const roots = APIS.map(api => grow(api, endpoints))
  const paths = roots
    .flatMap(root => [...descendants(root)])
    .filter(node => node.endpoints.length > 0)
    .flatMap(pathsOf)
  return [
    ...roots.flatMap(root => [declare(root, verbsOf), ...branchesOf(root).map(node => declare(node, verbsOf))]),
    '/** The paths of all endpoints, in every spelling of their placeholders. */\n',
    `export type PathName =\n${paths.map(path => `  | ${quoted(path)}\n`).join('')}`,
  ].join('')
}

function grow(api: Api, endpoints: readonly Endpoint[]): Node {
  const root = createNode(typeName(api), api)
  for (const endpoint of endpoints) {
    if (endpoint.api !== api) continue
    const product = endpoint.operation.tags?.[0] ?? ''
    let node = root
    for (const segment of segmentsOf(endpoint.path)) {
      const path = `${node.path}/${segment}`
      const child = node.children.get(segment) ?? createNode(nameOf(path), path)
      node.children.set(segment, child)
      child.products.add(product)
      node = child
    }
    node.endpoints.push(endpoint)
  }
  return root
}

const createNode = (name: string, path: string): Node => ({
  name,
  path,
  endpoints: [],
  products: new Set(),
  children: new Map(),
})

/** Returns a unique interface name, which keeps `_` and marks placeholders by `$`. */
const nameOf = (path: string): string => `${path.split('/').map(nodeWord).join('')}Node`

const nodeWord = (segment: string): string =>
  placeholder(segment) ? `$${placeholder(segment)}` : segment.split('-').map(pascalWord).join('')

const pascalWord = (word: string): string => pascal(word.slice(0, 1)) + word.slice(1)

function* descendants(node: Node): Generator<Node> {
  yield node
  for (const child of node.children.values()) yield* descendants(child)
}

const isRoot = ({ path }: Node): boolean => APIS.includes(path as Api)

/** Lists the children that are interfaces of their own, so that an editor shows a name and not their members. */
const branchesOf = (node: Node): Node[] =>
  isRoot(node) ? [...node.children.values()].filter(child => ![...child.children.keys()].some(placeholder)) : []

const declare = (node: Node, verbsOf: (endpoint: Endpoint) => Verb[]): string =>
  `${isRoot(node) ? 'export ' : ''}interface ${node.name} ${membersOf(node, verbsOf, '')}\n\n`

/** Writes the calls of a node and the segments below it as a literal. */
function membersOf(node: Node, verbsOf: (endpoint: Endpoint) => Verb[], indent: string): string {
  const inner = `${indent}  `
  const children = new Map([...node.children].filter(([segment]) => !placeholder(segment)).map(written))
  const typeOf = (child: Node): string =>
    branchesOf(node).includes(child) ? child.name : typeBelow(child, verbsOf, inner)
  // A segment that is also a verb of this node (`delete`) is both a function and a node.
  const called = node.endpoints.flatMap(verbsOf).map(({ name, lines, type }) => {
    const child = children.get(name)
    children.delete(name)
    return `${comment(lines, inner)}${inner}${name}: ${child ? `${grouped(type)} & ${typeOf(child)}` : type}\n`
  })
  const followed = [...children].map(
    ([name, child]) => `${productComment(child, node, inner)}${inner}${property(name)}: ${typeOf(child)}\n`,
  )
  return `{\n${called.join('')}${followed.join('')}${indent}}`
}

/** Writes the type of a node: its members, and the nodes of placeholders, which have three spellings each. */
function typeBelow(node: Node, verbsOf: (endpoint: Endpoint) => Verb[], indent: string): string {
  const filled = [...node.children].flatMap(([segment, child]) => {
    const name = placeholder(segment)
    return name === undefined ? [] : `Placeholder<${quoted(name)}, ${typeBelow(child, verbsOf, indent)}>`
  })
  const isEmpty = node.endpoints.length === 0 && filled.length === node.children.size
  return [...(isEmpty ? [] : [membersOf(node, verbsOf, indent)]), ...filled].join(' & ')
}

const written = ([segment, child]: [string, Node]): [string, Node] => [chained(segment), child]

/** More names would not help to find one. */
const MAX_PRODUCTS = 4

/** Names the products below a segment, where they are not the same as those of the segments before it. */
function productComment({ products }: Node, parent: Node, indent: string): string {
  if (products.size === parent.products.size) return ''
  const names = [...products]
  const shown = names.length > MAX_PRODUCTS ? [...names.slice(0, MAX_PRODUCTS), '…'] : names
  return comment([shown.join(' · ')], indent)
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
