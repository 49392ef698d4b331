/** The forms of the explorer as they are filled in, sent to the simulator: every endpoint can be tried at once. */
import { expect, test } from 'vitest'
import { convertForm, initialForm } from '../../../src/console/explorer/form-value.ts'
import { filledPath } from '../../../src/console/explorer/samples.ts'
import { knownValues } from '../../../src/console/explorer/try/known-values.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import { readApi } from './definition-file.ts'

/** Codes of calls that are refused because their form is filled in wrongly, not because a record does not exist. */
const WRONG_FORM = /^(?:PARAM_ERROR|LACK_PARAMS|BODY_INVALID|QUERY_INVALID|PARAMETER_INVALID|PATH_PARAMETER_\w+)$/

/** Chosen by the user: the first bytes of a PNG, which the simulator looks at. */
const PICTURE = new File([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)], 'a.png', {
  type: 'image/png',
})

test('19 of 20 forms are accepted as they are filled in', async () => {
  const simulator = await createSimulator({ seed: 'forms', brandId: '40001' })
  const { merchant, brand, examples, fetch, mtlsFetch } = simulator
  const wxpay = new Wechatpay({ ...merchant, ...(brand && { brand }), fetch, mtlsFetch, retry: false })
  const known = knownValues({
    merchant,
    brand: brand!,
    certificates: {},
    now: simulator.now(),
    examples: { ...examples },
  })
  const wrong: string[] = []
  let count = 0
  for (const tables of [readApi('v3'), readApi('v2'), readApi('brand')])
    for (const endpoint of tables.endpoints) {
      count++
      const { values } = convertForm(initialForm(endpoint, tables, known), endpoint, tables)
      const members = endpoint.body?.kind === 'multipart' ? tables.schemas[endpoint.body.schema]!.fields! : []
      const file = members
        .map(number => tables.fields[number]!)
        .find(field => tables.schemas[field.schema]!.type === 'file')
      const body = file ? { ...(values.body as object), [file.name]: PICTURE } : values.body
      await wxpay
        .request(endpoint.method, filledPath(endpoint.name, values.placeholders).slice(1), {
          params: values.query,
          body,
          headers: values.headers as Record<string, string>,
        })
        .catch(error => {
          const code = error.serviceCode ?? error.code
          if (WRONG_FORM.test(code)) wrong.push(`${endpoint.method} ${endpoint.name}: ${error.message}`)
        })
    }
  expect(count).toBe(1213)
  expect(wrong.length, wrong.join('\n')).toBeLessThan(count / 20)
})
