import { expect, it } from 'vitest'
import { traitOf } from '../../../src/definitions/trait-of.ts'
import type { DownloadPath } from '../../../src/flows/media/index.ts'
import { defined } from '../../simulator/definition.node.ts'

/** Every member of the type, which has no run time. */
const PATHS: Readonly<Record<DownloadPath, true>> = {
  'v3/merchant-service/images/{media_id}': true,
  'v3/global/merchant-service/images/{media_id}': true,
  'v3/new-tax-control-fapiao/download': true,
  'v3/billdownload/file': true,
  'v3/transferdownload/elecvoucherfile': true,
  'v3/transferdownload/signfile': true,
  'v3/statements': true,
  'v3/global/statements': true,
}

it('every GET that answers with a file can be downloaded', () => {
  const files = defined.filter(({ method, path }) => method === 'GET' && traitOf(method, path).response === 'file')
  expect(files.map(({ path }) => path.slice(1)).sort()).toEqual(Object.keys(PATHS).sort())
})
