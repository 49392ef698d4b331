import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import Payment from 'tenpay'
import ts from 'typescript-5.9'
import Pay from 'wechatpay-node-v3'
import type { Saying, Statement } from '../../scripts/compare-facts/statement.ts'
import { CERTIFICATE, PRIVATE_KEY } from '../fixtures/keys.ts'

// The API as other vendors' SDKs know it: their paths, and their types. No file of theirs came from the
// tables that the definitions were made of.

const require = createRequire(import.meta.url)
const HOST = 'https://api.mch.weixin.qq.com'

/** A call that an SDK makes. */
export interface SdkCall {
  /** The SDK's method. */
  name: string
  method: string
  /** Placeholders as `{name}`, as far as the SDK names them. */
  path: string
}

/** Stands for any argument: as text it is a placeholder, and so is each of its members. */
const anything = (name: string): unknown =>
  new Proxy(
    {},
    {
      get(_, member) {
        if (member === Symbol.toPrimitive || member === 'toString') return () => `{${name}}`
        return typeof member === 'string' && member !== 'then' ? `{${member}}` : undefined
      },
      ownKeys: () => [],
    },
  )

/** Calls every method of wechatpay-node-v3 and notes where it would have gone. */
export async function callsOfNodeV3(): Promise<SdkCall[]> {
  const pay = new Pay({
    appid: 'wx1',
    mchid: '1',
    publicKey: Buffer.from(CERTIFICATE),
    privateKey: Buffer.from(PRIVATE_KEY),
    key: 'k'.repeat(32),
  })
  const calls: SdkCall[] = []
  let name = ''
  const note = (method: string) => async (url: string) => {
    const path = url.replace(HOST, '').replace(/\?.*/, '')
    calls.push({ name, method, path })
    return { status: 500, error: 'noted' }
  }
  pay.createHttp({ get: note('GET'), post: note('POST'), upload: note('POST') } as never)
  const methods = pay as unknown as Record<string, (...args: unknown[]) => unknown>
  for (name of Object.getOwnPropertyNames(Pay.prototype).filter(one => one !== 'constructor' && one !== 'createHttp'))
    await tried(() => methods[name]!(anything('a'), anything('b'), anything('c')))
  // A query goes by either number.
  name = 'query'
  await tried(() => methods.query!({ out_trade_no: '{out_trade_no}' }))
  return calls
}

/** Many methods are no calls, and want arguments of their own. */
async function tried(call: () => unknown): Promise<void> {
  try {
    await call()
  } catch {}
}

/** The addresses that tenpay knows, of APIv2 all. */
export function callsOfTenpay(): SdkCall[] {
  const { urls } = new Payment({ appid: 'wx1', mchid: '1', partnerKey: 'k' })
  return Object.entries(urls as Record<string, string>).map(([name, url]) => ({
    name,
    method: 'POST',
    path: new URL(url).pathname,
  }))
}

/** The paths in the sources of wechatpay-axios-plugin: those that its interceptors treat on their own. */
export function pathsOfAxiosPlugin(): string[] {
  const folder = require.resolve('wechatpay-axios-plugin').replace(/index\.js$/, 'lib/')
  const texts = ['transformer.js', 'decorator.js'].map(name => readFileSync(folder + name, 'utf8'))
  return texts.flatMap(text => [...text.matchAll(/^ {2}'(\/\w[^' ]+)',$/gm)].map(([, path]) => path!))
}

/** Reads statements about requests from the types of wechatpay-node-v3. */
export function statementsOfNodeV3(calls: readonly SdkCall[]): Statement[] {
  const file = require.resolve('wechatpay-node-v3').replace(/index\.js$/, 'index.d.ts')
  const program = ts.createProgram([file], { strict: true, types: [] })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)!
  const [pay] = source.statements.filter(ts.isClassDeclaration)
  const parameters = new Map(
    pay!.members
      .filter(ts.isMethodDeclaration)
      .flatMap(({ name, parameters: [first] }) => (first ? [[name.getText(source), first] as const] : [])),
  )
  return calls.flatMap(({ name, method, path }) => {
    const parameter = parameters.get(name)
    // Certificates are fetched along the way, by methods that have other parameters.
    if (!parameter || path === '/v3/certificates') return []
    const of = `v3 ${method} ${path}`
    const placeOf = (field: string) => (path.includes(`{${field}}`) ? 'path' : method === 'GET' ? 'query' : 'body')
    return fieldsOf(checker.getTypeAtLocation(parameter), '').map(({ at, says }) => ({
      of,
      at: `${placeOf(at.split('.')[0]!)}.${at}`,
      says,
      certainty: 'one source' as const,
      sources: [`wechatpay-node-v3 ${name}`],
    }))
  })

  function fieldsOf(type: ts.Type, around: string): { at: string; says: Saying }[] {
    const object = checker.getNonNullableType(type)
    if (!(object.flags & ts.TypeFlags.Object)) return []
    return checker.getPropertiesOfType(object).flatMap(property => {
      const at = around === '' ? property.name : `${around}.${property.name}`
      const own = checker.getNonNullableType(checker.getTypeOfSymbol(property))
      const element = checker.getIndexTypeOfType(own, ts.IndexKind.Number)
      const [single, list] = element && nameOf(own) !== 'string' ? [element, '[]'] : [own, '']
      const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0
      const says = { type: nameOf(single) + list, ...(isOptional && { required: false }) }
      return [{ at, says }, ...(nameOf(single) === 'object' ? fieldsOf(single, at) : [])]
    })
  }
}

const isText = (type: ts.Type): boolean => (type.flags & ts.TypeFlags.StringLike) !== 0

function nameOf(type: ts.Type): string {
  const [first] = type.isUnion() ? type.types : [type]
  if (isText(first!)) return 'string'
  if (first!.flags & ts.TypeFlags.NumberLike) return 'number'
  return first!.flags & ts.TypeFlags.BooleanLike ? 'boolean' : 'object'
}
