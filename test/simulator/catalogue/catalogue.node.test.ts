import { beforeAll, describe, expect, it } from 'vitest'
import type { Schema } from '../../../scripts/generate/openapi.ts'
import { type ServiceError, Wechatpay } from '../../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { ALTERNATIVES, REQUIRED_BY_ACTION } from '../../../src/simulator/v2/request/alternatives.ts'
import { ROUTES as V2_ROUTES } from '../../../src/simulator/v2/routes.ts'
import { ROUTES as V3_ROUTES } from '../../../src/simulator/v3/routes.ts'
import { sample } from '../../flows/media/files.ts'
import { type Defined, defined, fill, membersOf, misfits, resolve } from '../definition.node.ts'

let simulator: Simulator
let wxpay: Wechatpay
beforeAll(async () => {
  simulator = await createSimulator({ seed: 'catalogue', brandId: '40001' })
  const { merchant, brand, fetch, mtlsFetch } = simulator
  wxpay = new Wechatpay({ ...merchant, brand: brand!, fetch, mtlsFetch, retry: false })
})

const nameOf = ({ method, path }: Defined): string => `${method} ${path}`
/** Endpoints with a route, which have rules, accounts and tests of their own. */
const own = new Set<string>([...V2_ROUTES, ...V3_ROUTES].map(({ endpoint }) => endpoint))
// The simulator refuses the sandbox.
const plain = defined.filter(
  one => !own.has(`${one.method} ${prefixOf(one)}${one.path}`) && !one.path.startsWith('/xdc/'),
)

function prefixOf({ operation }: Defined): string {
  return new URL(operation.servers?.[0]?.url ?? 'https://api.mch.weixin.qq.com').pathname.replace(/\/$/, '')
}

interface Call {
  path: Record<string, unknown>
  query: Record<string, unknown>
  header: Record<string, string>
  body: Record<string, unknown> | undefined
}

/** A call with what the definition requires, one of what it leaves to choose from (二选一), and nothing else. */
function callOf(one: Defined): Call {
  const { appid, mchid, platformKeys } = simulator.merchant
  const known = {
    appid,
    mch_appid: appid,
    wxappid: appid,
    combine_appid: appid,
    mch_id: mchid,
    mchid,
    combine_mch_id: mchid,
    sign_type: 'HMAC-SHA256',
    // The key that encrypts the fields of the message.
    cert_sn: Object.keys(platformKeys)[0],
  }
  const given = (place: string) =>
    Object.fromEntries(
      one.parameters
        .filter(parameter => parameter.in === place && parameter.required)
        .map(({ name, schema }) => [name, fill(schema!, name, known)]),
    )
  const query = given('query')
  const byAction = REQUIRED_BY_ACTION[one.path]?.[String(query.action)] ?? []
  return {
    path: given('path'),
    query,
    header: given('header') as Record<string, string>,
    body: one.body && {
      ...Object.fromEntries(
        (ALTERNATIVES[one.path] ?? []).slice(0, 1).map(name => [name, '4200000000202611210000000001']),
      ),
      ...Object.fromEntries(byAction.map(name => [name, '1'])),
      ...(fill(one.body, '', known) as Record<string, unknown>),
    },
  }
}

async function send(one: Defined, { path, query, header, body }: Call) {
  const filled = one.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(path[name])))
  return wxpay.request(one.method, one.api === 'v2' ? `v2${filled}` : filled.slice(1), {
    params: query as Record<string, string>,
    headers: header,
    body: one.file ? upload(one, body!) : body,
  })
}

/** The client names the file and makes its digest; but SM3, which WebCrypto has not. */
function upload({ api, file, fileSchema }: Defined, { filename, file_name, ...meta }: Record<string, unknown>) {
  const { sha256, file_digest, media_hash, ...rest } = meta
  if (!Object.values(rest).some(value => String(value).includes('SM3'))) delete rest.digest
  const [kind = 'png'] = fileSchema?.['x-file-kinds'] ?? []
  const content = new File([sample(kind)], `a.${kind}`)
  return api === 'v2' ? { ...rest, [file!]: content } : { meta: rest, [file!]: content }
}

/** Returns the schema of a whole response, and whether it is XML, where everything is text. */
function answerOf({ operation }: Defined): { schema: Schema; isText: boolean } | undefined {
  const { content = {} } = (operation.responses['200'] ?? {}) as { content?: Record<string, { schema?: Schema }> }
  if ('text/plain' in content || 'application/octet-stream' in content) return undefined
  const [found] = Object.entries(content)
  return found && { schema: found[1].schema!, isText: found[0] === 'text/xml' }
}

describe('every endpoint that has no route of its own', () => {
  it('responds to the client according to its definition', async () => {
    expect(plain.length).toBeGreaterThan(900)
    expect(await faultsOfEach(plain, faultsOfResponse)).toEqual([])
  })

  it('refuses a request without a required parameter, and names it', async () => {
    const calls = plain.flatMap(one => [...lacking(one)].map(([place, name, call]) => ({ one, place, name, call })))
    expect(calls.length).toBeGreaterThan(700)
    expect(await faultsOfEach(calls, faultsOfRefusal)).toEqual([])
  })
})

/** Checks several at a time, because a check waits for four signatures. */
async function faultsOfEach<T>(list: readonly T[], check: (one: T) => Promise<string[]>): Promise<string[]> {
  const faults: string[] = []
  for (let at = 0; at < list.length; at += 16)
    faults.push(...(await Promise.all(list.slice(at, at + 16).map(check))).flat())
  return faults
}

async function faultsOfResponse(one: Defined): Promise<string[]> {
  const reply = await send(one, callOf(one)).catch((error: Error) => error)
  if (reply instanceof Error) return [`${nameOf(one)}: ${reply.message}`]
  const answer = answerOf(one)
  if (answer) return [...misfits(reply.data, answer.schema, nameOf(one), answer.isText)]
  return reply.status === 200 && reply.data === undefined ? [`${nameOf(one)}: empty`] : []
}

interface Lacking {
  one: Defined
  place: string
  name: string
  call: Call
}

async function faultsOfRefusal({ one, place, name, call }: Lacking): Promise<string[]> {
  const error = await send(one, call).then(
    () => undefined,
    (thrown: ServiceError) => thrown,
  )
  // The service looks for what is nowhere else among the placeholders of the path.
  const isTemplate = place !== 'header' && one.path.includes('{') && !name.includes('/', 1)
  const due = isTemplate
    ? { field: name.replace(/^\//, ''), location: 'uri_template' }
    : { field: name, location: place }
  const { field, location: said } = Object(error?.detail) as { field?: string; location?: string }
  const named = one.api === 'v2' ? error?.message.includes(`缺少参数${name}`) : field === due.field
  const code = one.api !== 'v2' ? error?.serviceCode === 'PARAM_ERROR' : true
  const location = one.api === 'v2' || said === due.location
  return named && code && location ? [] : [`${nameOf(one)} ${place} ${name}: ${error?.message}`]
}

/** The call without its last required parameter, one in each place; in a body one on each level. */
function* lacking(one: Defined): Generator<[place: string, name: string, call: Call]> {
  const either = ALTERNATIVES[one.path] ?? []
  const call = callOf(one)
  for (const place of ['query', 'header'] as const) {
    const name = Object.keys(call[place]).filter(removable(either)).at(-1)
    if (name) yield [place, name, { ...call, [place]: without(call[place], name) }]
  }
  if (!call.body || one.file) return
  const names = [...membersOf(one.body!).required].filter(removable(either))
  const [name] = names.slice(-1)
  const pointer = one.api === 'v2' ? '' : '/'
  if (name) yield ['body', `${pointer}${name}`, { ...call, body: without(call.body, name) }]
  if (one.api === 'v2') return
  for (const name of names) {
    const inner = resolve(membersOf(one.body!).properties[name]!)
    const [deeper] = inner.contentSchema || inner.anyOf ? [] : [...membersOf(inner).required]
    if (!deeper) continue
    const value = without(call.body[name] as Record<string, unknown>, deeper)
    yield ['body', `/${name}/${deeper}`, { ...call, body: { ...call.body, [name]: value } }]
    return
  }
}

/** Excludes fields that the client adds, and those that name the merchant, because they are checked first. */
const removable = (either: readonly string[]) => (name: string) =>
  !['sign_type', 'mch_id', 'mchid', 'combine_mch_id', ...either].includes(name)

const without = <T extends object>(values: T, name: string): T =>
  Object.fromEntries(Object.entries(values).filter(([other]) => other !== name)) as T
