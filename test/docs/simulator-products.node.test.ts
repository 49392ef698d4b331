import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ROUTES as V2_ROUTES } from '../../src/simulator/v2/routes.ts'
import { ROUTES as V3_ROUTES } from '../../src/simulator/v3/routes.ts'

// The table says how many calls of each product the simulator remembers; a product that is not in it is answered with samples.

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

const rows = ['v3', 'v2'].flatMap(api =>
  readdirSync(`src/definitions/${api}`).flatMap(file => {
    const definition = readFileSync(`src/definitions/${api}/${file}`, 'utf8')
    const calls = callsOf(definition.split(/^webhooks:/m)[0]!)
    const remembered = calls.filter(call => withState.has(call)).length
    const title = /^info: \{ title: "?([^",]+)/m.exec(definition)?.[1]
    return remembered === 0
      ? []
      : [`| ${title} | \`${api}/${file.replace('.yaml', '')}\` | ${remembered} / ${calls.length} |`]
  }),
)

it.each(['docs/simulator-products.md', 'docs/simulator-products.zh-CN.md'])('%s counts the calls with state', path => {
  const table = readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => /^\| .* \| `v[23]\//.test(line))
  expect(rows.length).toBeGreaterThan(35)
  expect(table).toEqual(rows)
})
