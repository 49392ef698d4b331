import type { SimulatedBrand } from '../../keys/brand.ts'
import type { Simulator } from '../../simulator.ts'
import { ROUTES as V2_ROUTES } from '../../v2/routes.ts'
import { ROUTES as V3_ROUTES } from '../../v3/routes.ts'
import { type Action, CONTROL_PATH } from '../action.ts'
import { expectedValue, type InputFields } from '../input.ts'

/** Describes the simulator without secrets: certificates and public keys are public. */
export function describeSimulator(
  { merchant, brand, merchants, certificates, examples, now }: Simulator,
  actionTable: readonly Action[],
): object {
  const { mchid, appid, serial, certificate, platformKeys } = merchant
  const actions = actionTable.map(({ method, path, parameters, description }) => ({
    method,
    path: `${CONTROL_PATH}${path}`,
    ...(parameters && { parameters: describeParameters(parameters) }),
    description,
  }))
  // The others reply with a sample that their definition describes.
  const endpointsWithState = [...V3_ROUTES, ...V2_ROUTES].map(({ endpoint }) => endpoint)
  return {
    mchid,
    appid,
    serial,
    certificate,
    platformKeys,
    ...(brand && { brand: publicPartOf(brand) }),
    certificates,
    merchants: merchants.map(({ mchid: id }) => id),
    now: now(),
    examples,
    actions,
    endpointsWithState,
  }
}

const publicPartOf = ({ brandId, serial, certificate, platformKeys }: SimulatedBrand) => ({
  brandId,
  serial,
  certificate,
  platformKeys,
})

const describeParameters = (parameters: InputFields): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, field]) => [
      name,
      `${expectedValue(field)}${field.optional ? ' (optional)' : ''}`,
    ]),
  )
