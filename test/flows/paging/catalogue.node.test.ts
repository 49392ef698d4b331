import { describe, expect, it } from 'vitest'
import { SchemaReader } from '../../../scripts/compare-facts/schema.ts'
import type { Endpoint } from '../../../scripts/generate/endpoint.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { pages, pagesOf } from '../../../src/flows/paging/index.ts'
import { LIST_FIELDS, PAGINATIONS } from '../../../src/flows/paging/listings.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import { document, endpoints, nameOf } from '../../catalogue/catalogue.ts'
import { given, requestSample } from '../../catalogue/sample.ts'

/** Every name by which an API may ask for part of a list. */
const PAGES = /^(offset|limit|count|start|skip|from|cursor|\w+_cursor|last_\w*id|page|page_\w+|per_page|begin_id|size)$/
const reader = new SchemaReader(document)
const queryOf = ({ query }: Endpoint) => query.map(({ name }) => name)
const answerOf = ({ response }: Endpoint) => (response.schema ? reader.membersOf(response.schema) : new Map())
const bodyOf = ({ body }: Endpoint) => (body ? [...reader.membersOf(body.schema).keys()] : [])

const GETS = endpoints.filter(endpoint => endpoint.method === 'GET' && queryOf(endpoint).some(name => PAGES.test(name)))
const pathOf = ({ path }: Endpoint) => path.slice(1)

describe('of the endpoints of the definitions', () => {
  it('78 GETs page, and each is in the table, which has no other', () => {
    expect(GETS).toHaveLength(78)
    expect(GETS.map(pathOf).sort()).toEqual([...PAGINATIONS.keys()].sort())
  })

  it('a GET of APIv3 whose answer counts all of a list and has no pages gives all of it', () => {
    const whole = endpoints.filter(endpoint => {
      const names = [...answerOf(endpoint).keys()]
      return endpoint.method === 'GET' && names.some(name => /^(total_?\w*(count|num)|has_more|next_\w+)$/.test(name))
    })
    const others = whole.filter(endpoint => !PAGINATIONS.has(pathOf(endpoint))).map(nameOf)
    expect(others.filter(name => !/provinces|search-banks|fapiao-applications|brand-redpacket/.test(name))).toEqual([])
  })

  // A page is asked for by the body there, and read as no list of objects: these are called page by page.
  const REASONS: Readonly<Record<string, string>> = {
    'POST /billcommentsp/batchquerycomment': 'answers with text, of which the first line is the next offset',
    'POST /risk/getviolation': 'POST; the records are one text in the format that is asked for',
    'POST /pay/refundquery': 'POST, numbered fields: readV2Refunds, and refund reads all',
    'POST /pay/refundqueryv2': 'POST, numbered fields: readV2Refunds',
    'POST /deposit/refundquery': 'POST, numbered fields: readV2Refunds',
    'POST /pay/settlementquery': 'POST, numbered fields',
    'POST /secapi/mch/submchmanage': 'POST, one endpoint of several actions',
    'POST /v3/merchant-risk-manage/ec-trade-risk/query-risk-trades': 'POST: what is asked for is in the body',
  }

  it('8 that are no GET page, for which there is a reason', () => {
    const others = endpoints.filter(endpoint => bodyOf(endpoint).some(name => /^(offset|page_index)$/.test(name)))
    expect(others.map(nameOf).sort()).toEqual(Object.keys(REASONS).sort())
  })

  it.each(GETS.map(endpoint => [nameOf(endpoint), endpoint] as const))('%s has what the table says', (_, endpoint) => {
    const { position, size, total, next, unit } = PAGINATIONS.get(pathOf(endpoint))!
    const query = queryOf(endpoint)
    const response = answerOf(endpoint)
    expect(query).toEqual(expect.arrayContaining([position, size]))
    expect(query.filter(name => PAGES.test(name)).sort()).toEqual([position, size].sort())
    if (total) expect([...response.keys()]).toContain(total)
    if (next) expect([...response.keys()]).toContain(next)
    const lists = [...response].filter(([, { facets }]) => facets.type?.endsWith('[]')).map(([name]) => name)
    const known = lists.filter(name => (LIST_FIELDS as readonly string[]).includes(name))
    expect(known).toHaveLength(1)
    // 分页页码 is what may count pages.
    const label = endpoint.query.find(({ name }) => name === position)!.description
    expect(unit === 'either').toBe(label === '分页页码')
  })
})

describe('at the simulator, whose lists have two items', async () => {
  const simulator = await createSimulator({ seed: 'paging', brandId: '1234' })
  const { merchant, brand, fetch } = simulator
  const wxpay = new Wechatpay({ ...merchant, brand: brand!, fetch, retry: false })

  /** Returns the parameters that the endpoint requires, except the beginning of the page. */
  const optionsOf = (endpoint: Endpoint, size: number) => {
    const listing = PAGINATIONS.get(pathOf(endpoint))!
    const sample = given(requestSample(endpoint).query) as Record<string, unknown>
    const required = endpoint.query.filter(({ name, required }) => required && name !== listing.position)
    const params = Object.fromEntries(required.map(({ name }) => [name, String(FITTING[name] ?? sample[name])]))
    const path = Object.fromEntries(
      endpoint.placeholders.map(name => [name, name === 'batch_id' ? '1900000110'.padEnd(32, '0') : '1900000110']),
    )
    return { ...path, params: { ...params, [listing.size]: size } }
  }
  const FITTING: Readonly<Record<string, unknown>> = { need_query_detail: true, detail_status: 'ALL' }

  const OTHERS: Readonly<Record<string, string>> = {
    'v3/marketing/favor/stocks/{stock_id}/items': 'a list of texts, of which the simulator knows one',
    'v3/marketing/favor/stocks/{stock_id}/merchants': 'a list of texts, of which the simulator knows one',
    'v3/webizpay/avail-mch-ranges/{range_id}/merchant-identifiers': 'a list of texts, of which the simulator knows one',
    'v3/global/refunds': 'the simulator takes "count" for no size',
    'v3/refunds': 'the simulator takes "count" for no size',
    'v3/marketing/favor/stocks': 'with state: simulator/accounts/coupons',
    'v3/marketing/favor/users/{openid}/coupons': 'with state: simulator/accounts/coupons',
    'v3/marketing/busifavor/stocks/{stock_id}/couponcodes': 'with state: simulator/accounts/business-coupons',
    'v3/marketing/busifavor/users/{openid}/coupons': 'with state: simulator/accounts/business-coupons',
    'v3/merchant-service/complaints-v2': 'with state: test/conformance/payment-flows.ts',
    'v3/merchant-service/complaints-v2/{complaint_id}/negotiation-historys':
      'with state: simulator/accounts/complaints',
    'v3/payroll-card/authentications': 'with state: simulator/accounts/payroll-card',
    'v3/transfer/batches/batch-id/{batch_id}': 'in the books: below',
    'v3/transfer/batches/out-batch-no/{out_batch_no}': 'in the books: below',
  }
  const counted = GETS.filter(
    endpoint => PAGINATIONS.get(pathOf(endpoint))!.unit !== 'token' && !Object.hasOwn(OTHERS, pathOf(endpoint)),
  )
  it.each(counted.map(endpoint => [nameOf(endpoint), endpoint] as const))('%s', async (_, endpoint) => {
    const node = wxpay.chain(pathOf(endpoint))
    const items: unknown[] = []
    const before = simulator.journal.length
    for await (const item of pages(node, optionsOf(endpoint, 1))) items.push(item)
    const requests = simulator.journal.slice(before)
    expect(items).toHaveLength(2)
    const { total, position } = PAGINATIONS.get(pathOf(endpoint))!
    const places = requests.map(({ url }) => new URL(url, 'https://x.example').searchParams.get(position))
    // Where nothing tells how many there are, a full page is not the last.
    expect(places.slice(0, 2)).toEqual([position === 'page_index' ? null : '0', position === 'page_index' ? '2' : '1'])
    expect(requests).toHaveLength(total ? 2 : 3)
    // And all on one page.
    const whole: unknown[] = []
    for await (const page of pagesOf(node, optionsOf(endpoint, 20))) whole.push(page)
    expect(whole).toHaveLength(1)
    expect(Object.values(whole[0] as object).find(Array.isArray)).toHaveLength(2)
  })

  it('a batch of transfers, which is in the books', async () => {
    const out_batch_no = 'B20260101'
    const transfer_detail_list = Array.from({ length: 45 }, (_, at) => ({
      out_detail_no: `DETAIL${String(at).padStart(6, '0')}`,
      transfer_amount: 100,
      transfer_remark: 'r',
      openid: 'oUpF8uMuAJO',
    }))
    const totals = { total_amount: 4500, total_num: 45, transfer_detail_list }
    const batch = { appid: merchant.appid, out_batch_no, batch_name: 'n', batch_remark: 'r', ...totals }
    await wxpay.v3.transfer.batches.post(batch)
    const numbers: string[] = []
    const endpoint = wxpay.v3.transfer.batches.outBatchNo._out_batch_no_
    for await (const { out_detail_no } of pages(endpoint, { out_batch_no, params: { need_query_detail: true } }))
      numbers.push(out_detail_no)
    expect(numbers).toEqual(transfer_detail_list.map(({ out_detail_no }) => out_detail_no))
    expect(simulator.journal.filter(({ url }) => url.includes(`/out-batch-no/${out_batch_no}`))).toHaveLength(3)
  })
})
