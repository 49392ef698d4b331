import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { COMPILERS, type Compiler, type Consumer, createConsumer, packageAt } from '../../scripts/consumer.ts'

const DOM = { lib: ['es2022', 'dom', 'dom.iterable'] }

const PROGRAM = `import { encrypted, Wechatpay } from 'wechatpay-edge'
import type { V2Notifications, V3Notifications, V3Notification, V3PayTransactionsNativePostRequest, V3PayTransactionsIdTransactionIdGetQuery, V3Transaction } from 'wechatpay-edge'

const wxpay = new Wechatpay({ mchid: '1900000109' })
const order: V3PayTransactionsNativePostRequest = {
  appid: 'wx0', mchid: '1900000109', description: 'Tea', out_trade_no: '1', notify_url: 'https://example.com', amount: { total: 100 },
}
const query: V3PayTransactionsIdTransactionIdGetQuery = { mchid: '1900000109' }
export const url: string = (await wxpay.v3.pay.transactions.native.post(order)).data.code_url
export const paid: V3Transaction = (await wxpay['v3/pay/transactions/id/{transaction_id}'].get({ transaction_id: 1n, params: query })).data
export const card = await wxpay.chain('v3/payroll-card/authentications/$authenticate_number$').get({ authenticate_number: 'x', params: { sub_mchid: '1' } })
export const employer: string = card.data.employer_name
export const receiver = await wxpay.v3.profitsharing.receivers.add.post({
  appid: 'wx0', type: 'PERSONAL_OPENID', account: 'o', relation_type: 'USER', name: encrypted('c2VhbGVk', 'PUB_KEY_ID_0'),
})
export const fee: string | undefined = (await wxpay.v2.pay.refundquery.post({ appid: '', mch_id: '', out_trade_no: '1' })).data.coupon_refund_fee_0_0
export function handle<E extends keyof V3Notifications>(message: V3Notification, event: E, resource: V3Notifications[E]) {
  return [message.id, event, resource]
}
export const refund = (resource: V2Notifications['refund-processed']): string => resource.refund_id
`

describe.each(Object.keys(COMPILERS) as Compiler[])('under TypeScript %s', compiler => {
  it.each([
    ['nodenext', { module: 'nodenext' }],
    ['a bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('a program compiles against the built package for %s, whose declarations are sound, too', (_, options) => {
    const consumer = createConsumer({ 'index.ts': PROGRAM }, { ...DOM, ...options })
    const { output } = consumer.check(compiler, '--skipLibCheck', 'false')
    consumer.remove()
    expect(output).toBe('')
  })

  it('a program reads three files of the package: the entry, the core, and the endpoints', () => {
    const consumer = createConsumer({ 'index.ts': PROGRAM }, DOM)
    const { output } = consumer.check(compiler, '--skipLibCheck', '--listFiles')
    consumer.remove()
    expect(output.match(/(?<=\/dist\/).*\.d\.c?ts$/gm)?.toSorted()).toEqual([
      'core/index.d.ts',
      'endpoints.d.cts',
      expect.stringMatching(/^types-.*\.d\.cts$/),
    ])
  })

  it('a mistake in a call is named with its field', () => {
    const mistaken = PROGRAM.replace('amount: { total: 100 }', "amount: { total: '100' }").replace('1n', '{}')
    const consumer = createConsumer({ 'index.ts': mistaken }, DOM)
    const { output } = consumer.check(compiler, '--skipLibCheck')
    consumer.remove()
    expect(output.match(/TS\d+: .*/g)).toEqual([
      "TS2322: Type 'string' is not assignable to type 'number'.",
      expect.stringContaining("is not assignable to type 'PathParameter'"),
    ])
  })

  it('an option is named by itself, and no type that others are made of can be imported', () => {
    const mistaken = `import { Wechatpay } from 'wechatpay-edge'
import type { Options, V3PayTransactionsNativePostRequest, V2AppidMchIdFields } from 'wechatpay-edge'
new Wechatpay({ mchid: 1900000109 })
`
    const consumer = createConsumer({ 'index.ts': mistaken }, DOM)
    const { output } = consumer.check(compiler, '--skipLibCheck')
    consumer.remove()
    expect(output.match(/TS\d+: .*/g)).toEqual([
      expect.stringContaining("has no exported member 'Options'"),
      expect.stringContaining("has no exported member 'V2AppidMchIdFields'"),
      "TS2322: Type 'number' is not assignable to type 'string'.",
    ])
  })
})

describe('an editor', () => {
  const editor = createEditor(`import { Wechatpay } from 'wechatpay-edge'
declare const wxpay: Wechatpay
wxpay.v3.pay.transactions./*segments*/native
wxpay.v3.pay.transactions.native./*native*/post({ /*fields*/ limit_pay: ['/*values*/'] })
wxpay.v3.pay.transactions.id./*placeholder*/_transaction_id_
wxpay.chain('/*paths*/')
wxpay.v2.secsvc.realnameauth./*retired*/post({} as never)
`)
  afterAll(() => editor.close())

  it('completes the segments of a path', () => {
    expect(editor.completions('segments')).toEqual(
      expect.arrayContaining(['jsapi', 'native', 'h5', 'app', 'id', 'outTradeNo']),
    )
    expect(editor.completions('placeholder')).toEqual(
      expect.arrayContaining(['_transaction_id_', '$transaction_id$', '{transaction_id}']),
    )
  })

  it('completes a whole path', () => {
    expect(editor.completions('paths')).toEqual(
      expect.arrayContaining([
        'v3/pay/transactions/native',
        'v3/pay/transactions/id/{transaction_id}',
        'v2/pay/refundquery',
      ]),
    )
  })

  it('completes the fields of a body, and the values of an enum', () => {
    expect(editor.completions('fields')).toEqual(
      expect.arrayContaining(['appid', 'amount', 'notify_url', 'settle_info']),
    )
    expect(editor.completions('values')).toEqual(['no_balance', 'no_credit', 'no_debit', 'balance_only'])
  })

  it('shows of a call its title, its page, and what it takes and gives', () => {
    expect(editor.hover('native')).toEqual({
      title: '[Native下单](https://pay.weixin.qq.com/doc/v3/merchant/4012791877)',
      type: expect.stringMatching(
        /post: \(body: V3PayTransactionsNativePostRequest, options\?: CallOptions.*\) => Promise<Reply<V3PayTransactionsNativePostResponse>>/,
      ),
    })
  })

  it('strikes out a call to a service that has ended', () => {
    expect(editor.deprecated()).toEqual(['post'])
  })
})

/** TypeScript's language service, which editors ask, on a program with marks in comments. */
function createEditor(program: string) {
  const consumer: Consumer = createConsumer({ 'index.ts': program }, DOM)
  // Its own types are those of another TypeScript than the project's.
  const ts = createRequire(import.meta.url)(packageAt('typescript-5.9')) as LanguageServices
  const { config } = ts.readConfigFile(join(consumer.path, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, consumer.path)
  const file = join(consumer.path, 'index.ts')
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: name =>
      existsSync(name) ? ts.ScriptSnapshot.fromString(readFileSync(name, 'utf8')) : undefined,
    getCurrentDirectory: () => consumer.path,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    realpath: ts.sys.realpath,
  })
  const after = (mark: string) => program.indexOf(`/*${mark}*/`) + mark.length + 4
  const textOf = (parts: readonly { text: string }[] = []) => parts.map(({ text }) => text).join('')
  return {
    completions: (mark: string) =>
      service
        .getCompletionsAtPosition(file, after(mark), { includeCompletionsWithInsertText: true })
        ?.entries.map(({ name }) => name),
    hover(mark: string) {
      const info = service.getQuickInfoAtPosition(file, after(mark))
      return { title: textOf(info?.documentation), type: textOf(info?.displayParts).replaceAll(/\s+/g, ' ') }
    },
    deprecated: () =>
      service
        .getSuggestionDiagnostics(file)
        .filter(({ reportsDeprecated }) => reportsDeprecated)
        .map(({ start, length }) => program.slice(start, start + length)),
    close: () => consumer.remove(),
  }
}

/** The part of TypeScript 5.9's API that this takes. */
interface LanguageServices {
  sys: { readFile(name: string): string | undefined; fileExists(name: string): boolean; realpath(name: string): string }
  ScriptSnapshot: { fromString(text: string): unknown }
  getDefaultLibFilePath(options: unknown): string
  readConfigFile(name: string, read: (name: string) => string | undefined): { config: unknown }
  parseJsonConfigFileContent(config: unknown, host: unknown, path: string): { options: unknown }
  createLanguageService(host: { getScriptSnapshot(name: string): unknown; [member: string]: unknown }): {
    getCompletionsAtPosition(file: string, at: number, options: object): { entries: { name: string }[] } | undefined
    getQuickInfoAtPosition(
      file: string,
      at: number,
    ): { documentation?: { text: string }[]; displayParts?: { text: string }[] } | undefined
    getSuggestionDiagnostics(file: string): { start: number; length: number; reportsDeprecated?: object }[]
  }
}
