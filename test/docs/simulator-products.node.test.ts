import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ROUTES as V2_ROUTES } from '../../src/simulator/v2/routes.ts'
import { ROUTES as V3_ROUTES } from '../../src/simulator/v3/routes.ts'

// The table says how many calls of each product the simulator remembers; the list after it has the products of which it remembers none.

const withState = new Set<string>([...V3_ROUTES, ...V2_ROUTES].map(({ endpoint }) => endpoint))

/** Returns the calls of a definition, which has a path, then its methods, each on a line of its own. */
function callsOf(definition: string): string[] {
  let path = ''
  return definition.split('\n').flatMap(line => {
    path = /^ {2}(\/\S*):$/.exec(line)?.[1] ?? path
    const method = /^ {4}(get|post|put|patch|delete):$/.exec(line)?.[1]
    return method ? [`${method.toUpperCase()} ${path}`] : []
  })
}

/** How many calls of a definition the simulator remembers. */
interface Product {
  readonly name: string
  readonly title: string
  readonly calls: number
  readonly remembered: number
}

const products = (api: string): Product[] =>
  readdirSync(`src/definitions/${api}`).flatMap(file => {
    const definition = readFileSync(`src/definitions/${api}/${file}`, 'utf8')
    const calls = callsOf(definition.split(/^webhooks:/m)[0]!)
    const title = /^info: \{ title: "?([^",]+)/m.exec(definition)?.[1] ?? ''
    const remembered = calls.filter(call => withState.has(call)).length
    return calls.length === 0
      ? []
      : [{ name: `${api}/${file.replace('.yaml', '')}`, title, calls: calls.length, remembered }]
  })

const rows = ['v3', 'v2']
  .flatMap(products)
  .filter(({ remembered }) => remembered > 0)
  .map(({ title, name, remembered, calls }) => `| ${title} | \`${name}\` | ${remembered} / ${calls} |`)

/** The products of each API of which the simulator remembers nothing. */
const sampled = Object.entries({ v3: 'APIv3', v2: 'APIv2', brand: 'brand' }).map(([api, label]) => {
  const titles = products(api)
    .filter(({ remembered }) => remembered === 0)
    .map(({ title }) => title)
  return `- ${label}: ${[...new Set(titles)].join(', ')}`
})

it.each(['docs/simulator-products.md', 'docs/simulator-products.zh-CN.md'])('%s counts the calls with state', path => {
  const table = readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => /^\| .* \| `v[23]\//.test(line))
  expect(rows.length).toBeGreaterThan(35)
  expect(table).toEqual(rows)
})

it.each([
  ['docs/simulator-products.md', /^- (APIv3|APIv2|brand): /],
  ['docs/simulator-products.zh-CN.md', /^- (APIv3|APIv2|品牌 API)：/],
])('%s lists the products that are answered with samples', (path, start) => {
  const list = readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => start.test(line))
    .map(line => line.replace('品牌 API', 'brand').replace('：', ': ').replaceAll('、', ', '))
  expect(sampled.every(line => line.length > 30)).toBe(true)
  expect(list).toEqual(sampled)
})
