import { describe, expect, it } from 'vitest'
import { CallError } from '../../../src/core/index.ts'
import { pages, pagesOf } from '../../../src/flows/paging/index.ts'
import { createTestClient, signedV3Response } from '../../core/test-client.ts'

/** Each query a service was asked. */
const asked = (requests: readonly Request[]) =>
  requests.map(({ url }) => Object.fromEntries(new URL(url).searchParams) as Record<string, string>)

async function collect<T>(of: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of of) {
    all.push(one)
    if (all.length > 1000) throw new Error('This never ends.')
  }
  return all
}

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => ({ id: String(from + at) }))

/** A service with so many items, which does as its definition says, or as `read` has it. */
function service(count: number, answer: (query: URLSearchParams, all: { id: string }[]) => object) {
  const all = ids(0, count)
  return createTestClient([request => signedV3Response(answer(new URL(request.url).searchParams, all))])
}
const byItems =
  (most = 20) =>
  (query: URLSearchParams, all: { id: string }[]) => {
    const [offset, limit] = [Number(query.get('offset')), Math.min(Number(query.get('limit') || most), most)]
    return { data: all.slice(offset, offset + limit), offset, limit, total_count: all.length }
  }
const byPages = (query: URLSearchParams, all: { id: string }[]) => {
  const [offset, limit] = [Number(query.get('offset')), Number(query.get('limit') || 20)]
  return { data: all.slice(offset * limit, (offset + 1) * limit), offset, limit, total_count: all.length }
}
const period = { begin_date: '2026-01-01', end_date: '2026-01-30' }
const complaints = ({ wxpay }: ReturnType<typeof createTestClient>) => wxpay.v3.merchantService.complaintsV2
const stocks = ({ wxpay }: ReturnType<typeof createTestClient>) => wxpay.v3.marketing.favor.stocks
const coupons = ({ wxpay }: ReturnType<typeof createTestClient>) =>
  wxpay.v3.marketing.partner.productCoupon.productCoupons._product_coupon_id_.stocks
const stock = { stock_creator_mchid: '1' }

describe('a list by offset', () => {
  it.each([
    [0, [0]],
    [1, [0]],
    [20, [0]],
    [21, [0, 20]],
    [40, [0, 20]],
    [45, [0, 20, 40]],
  ])('of %i is gone through, and nothing is asked for beyond it', async (count, offsets) => {
    const of = service(count, byItems())
    expect(await collect(pages(complaints(of), { params: period }))).toEqual(ids(0, count))
    expect(asked(of.requests).map(({ offset }) => Number(offset))).toEqual(offsets)
    expect(asked(of.requests)[0]).toMatchObject(period)
  })

  it.each([undefined, 0, null])('has its total on the first page only, %s on the others', async later => {
    const of = service(40, (query, all) => {
      const page = byItems()(query, all)
      return page.offset === 0 ? page : { ...page, total_count: later }
    })
    expect(await collect(pages(complaints(of), { params: period }))).toEqual(ids(0, 40))
    expect(asked(of.requests).map(({ offset }) => Number(offset))).toEqual([0, 20])
  })

  it('begins where it is told to, with pages as large as it is told to', async () => {
    const of = service(45, byItems())
    const params = { ...period, offset: 30, limit: 10 }
    expect(await collect(pages(complaints(of), { params }))).toEqual(ids(30, 45))
    expect(asked(of.requests).map(({ offset, limit }) => [offset, limit])).toEqual([
      ['30', '10'],
      ['40', '10'],
    ])
  })

  it('a service that gives less than it is asked for is not at its end', async () => {
    const of = service(45, byItems(10))
    expect(await collect(pages(complaints(of), { params: { ...period, limit: 50 } }))).toEqual(ids(0, 45))
    expect(asked(of.requests).map(({ offset }) => offset)).toEqual(['0', '10', '20', '30', '40'])
  })

  it('page by page, each is the whole answer, the first even if it is empty', async () => {
    const of = service(30, byItems())
    const whole = await collect(pagesOf(complaints(of), { params: period }))
    expect(whole.map(({ total_count, data }) => [total_count, data?.length])).toEqual([
      [30, 20],
      [30, 10],
    ])
    expect(await collect(pagesOf(complaints(service(0, byItems())), { params: period }))).toMatchObject([{ data: [] }])
  })

  it('is left when the caller leaves: no further page is asked for', async () => {
    const of = service(45, byItems())
    for await (const { complaint_id: _ } of pages(complaints(of), { params: period })) break
    expect(of.requests).toHaveLength(1)
  })

  it('ends when the signal is aborted, at the next page', async () => {
    const of = service(45, byItems())
    const controller = new AbortController()
    const seen: unknown[] = []
    const go = async () => {
      for await (const item of pages(complaints(of), { params: period, signal: controller.signal })) {
        seen.push(item)
        controller.abort()
      }
    }
    await expect(go()).rejects.toMatchObject({ code: 'ABORTED' })
    expect([seen.length, of.requests.length]).toEqual([20, 1])
  })

  it('a service that ignores the offset does not go round for ever', async () => {
    const of = service(45, (_, all) => ({ data: all.slice(0, 20), total_count: 45 }))
    expect(await collect(pages(complaints(of), { params: period }))).toEqual(ids(0, 20))
    expect(of.requests).toHaveLength(2)
  })

  it('a service whose total is more than it has ends with the page that is empty', async () => {
    const of = service(20, (query, all) => ({ ...byItems()(query, all), total_count: 99 }))
    expect(await collect(pages(complaints(of), { params: period }))).toEqual(ids(0, 20))
    expect(of.requests).toHaveLength(2)
  })

  it('an answer without its list is an empty page', async () => {
    const of = service(0, () => ({ total_count: 0 }))
    expect(await collect(pages(complaints(of), { params: period }))).toEqual([])
  })

  it('an error on the way is the error of the call', async () => {
    const of = createTestClient([
      await signedV3Response(byItems()(new URLSearchParams(), ids(0, 45))),
      new Response('{}', { status: 403 }),
    ])
    await expect(collect(pages(complaints(of), { params: period }))).rejects.toMatchObject({ name: 'ServiceError' })
  })

  it('without a total ends with a page that is not full', async () => {
    const answer = (query: URLSearchParams, all: { id: string }[]) => {
      const [offset, limit] = [Number(query.get('offset')), Number(query.get('limit') ?? 20)]
      // The size of the batch, of which only those that failed are listed.
      return { transfer_batch: { total_num: 500 }, transfer_detail_list: all.slice(offset, offset + limit) }
    }
    const params = { need_query_detail: true, detail_status: 'FAIL' as const, limit: 20 }
    const details = (of: ReturnType<typeof createTestClient>) => of.wxpay.v3.transfer.batches.batchId._batch_id_
    const of = service(25, answer)
    expect(await collect(pages(details(of), { batch_id: '1', params }))).toEqual(ids(0, 25))
    expect(of.requests).toHaveLength(2)
    const full = service(40, answer)
    expect(await collect(pages(details(full), { batch_id: '1', params }))).toEqual(ids(0, 40))
    expect(full.requests).toHaveLength(3)
    const { limit: _, ...anySize } = params
    const unsized = service(25, answer)
    expect(await collect(pages(details(unsized), { batch_id: '1', params: anySize }))).toEqual(ids(0, 25))
    expect(unsized.requests).toHaveLength(3)
  })
})

describe('a list whose offset is called a page number (分页页码)', () => {
  it.each([
    [0, [0]],
    [10, [0]],
    [11, [0, 1]],
    [35, [0, 1, 2, 3]],
    [120, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
  ])('and is one: %i', async (count, offsets) => {
    const of = service(count, byPages)
    expect(await collect(pages(stocks(of), { params: { ...stock, limit: 10 } }))).toEqual(ids(0, count))
    expect(asked(of.requests).map(({ offset }) => Number(offset))).toEqual(offsets)
  })

  it.each([
    [10, [0]],
    [11, [0, 1, 10]],
    [35, [0, 1, 10, 20, 30]],
  ])('and counts items for all that: %i', async (count, offsets) => {
    const of = service(count, byItems())
    expect(await collect(pages(stocks(of), { params: { ...stock, limit: 10 } }))).toEqual(ids(0, count))
    expect(asked(of.requests).map(({ offset }) => Number(offset))).toEqual(offsets)
  })

  it.each([byPages, byItems()])('with one item a page it comes to the same', async answer => {
    const of = service(3, answer)
    expect(await collect(pages(stocks(of), { params: { ...stock, limit: 1 } }))).toEqual(ids(0, 3))
    expect(of.requests).toHaveLength(3)
  })

  it('begins at the page that it is told to', async () => {
    const of = service(35, byPages)
    expect(await collect(pages(stocks(of), { params: { ...stock, limit: 10, offset: 2 } }))).toEqual(ids(20, 35))
    expect(asked(of.requests).map(({ offset }) => offset)).toEqual(['2', '3'])
    const items = service(35, byItems())
    expect(await collect(pages(stocks(items), { params: { ...stock, limit: 10, offset: 2 } }))).toEqual(ids(2, 35))
  })
})

describe('a list by page_index', () => {
  it.each([0, 1])('whose first is %i', async first => {
    const of = service(25, (query, all) => {
      const page_index = Number(query.get('page_index') ?? first)
      const from = (page_index - first) * 10
      return { page_index, page_size: 10, total_num: all.length, active_link_list: all.slice(from, from + 10) }
    })
    expect(await collect(pages(of.wxpay.v3.brand.card.cardLinks, { params: { brand_id: '1' } }))).toEqual(ids(0, 25))
    const expected = [undefined, String(first + 1), String(first + 2)]
    expect(asked(of.requests).map(({ page_index }) => page_index)).toEqual(expected)
  })
})

describe('a list by token', () => {
  const params = { brand_id: '1' }

  it('is gone through until there is no token', async () => {
    const of = service(25, (query, all) => {
      const from = Number(query.get('page_token')?.slice(1) ?? 0)
      const next_page_token = from + 10 < all.length ? `t${from + 10}` : ''
      return { total_count: all.length, stock_list: all.slice(from, from + 10), next_page_token }
    })
    expect(await collect(pages(coupons(of), { product_coupon_id: '1', params }))).toEqual(ids(0, 25))
    expect(asked(of.requests).map(({ page_token }) => page_token)).toEqual([undefined, 't10', 't20'])
  })

  it.each(['same', 'alternating'])('ends when a token is repeated: %s', async how => {
    let count = 0
    const of = service(0, () => {
      const next_page_token = how === 'same' ? 'a' : count % 2 ? 'a' : 'b'
      return { total_count: 99, stock_list: ids(count, ++count), next_page_token }
    })
    const items = await collect(pages(coupons(of), { product_coupon_id: '1', params }))
    expect(items).toEqual(ids(0, how === 'same' ? 2 : 3))
  })
})

describe('the endpoint', () => {
  it('may be named by its path, with placeholders of any spelling', async () => {
    for (const path of ['_batch_id_', '$batch_id$', '{batch_id}']) {
      const of = service(2, (_, all) => ({ transfer_detail_list: all }))
      const batch = of.wxpay.chain(`v3/transfer/batches/batch-id/${path}` as 'v3/transfer/batches/batch-id/{batch_id}')
      const options = { batch_id: '1', params: { need_query_detail: true, limit: 20 } }
      expect(await collect(pages(batch, options))).toEqual(ids(0, 2))
    }
  })

  it('that has no pages is refused, and not called', async () => {
    const of = createTestClient([])
    const error = await collect(pages(of.wxpay.v3.certificates)).catch(cause => cause)
    expect(error).toBeInstanceOf(CallError)
    expect(error).toMatchObject({ field: 'v3/certificates' })
    expect(of.requests).toHaveLength(0)
  })

  it('does not know an option that its get does not know', async () => {
    const options = { params: period, pageSize: 3 } as never
    await expect(collect(pages(complaints(createTestClient([])), options))).rejects.toMatchObject({
      code: 'OPTION_UNKNOWN',
    })
  })
})
