import { findViolation, type Violation } from '../../catalogue/violation.ts'
import type { SimulatorContext } from '../../context.ts'
import { ResultRefusal } from '../refusal.ts'
import { REQUIRED_BY_ACTION } from './alternatives.ts'
import type { ReceivedMessage } from './received-message.ts'
import type { Requirements } from './requirements.ts'

/**
 * Checks the parameters of a message against the definition and the route's rules.
 *
 * @throws {ResultRefusal} `LACK_PARAMS`, `PARAM_ERROR`, `APPID_MCHID_NOT_MATCH`
 */
export function requireValid(
  { params, query }: ReceivedMessage,
  { endpoint, fields, query: queryFields, application, alternatives }: Requirements,
  { merchant }: SimulatorContext,
): void {
  const present = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== ''))
  const violation = findViolation(query, queryFields, 'text') ?? findViolation(present, fields, 'text')
  if (violation) throw toRefusal(violation)
  const missing = REQUIRED_BY_ACTION[endpoint.path]?.[query.action ?? '']?.find(name => !(name in present))
  if (missing) throw new ResultRefusal('LACK_PARAMS', `缺少参数${missing}`)
  if (alternatives.length > 0 && !alternatives.some(name => name in present))
    throw new ResultRefusal('LACK_PARAMS', `缺少参数${alternatives.join('或')}`)
  if (application && present[application] !== undefined && present[application] !== merchant.appid)
    throw new ResultRefusal('APPID_MCHID_NOT_MATCH', `${application}和mch_id不匹配`)
}

/** Creates the refusal of a violation. It names the parameter, even for a violation inside its JSON. */
function toRefusal({ kind, pointer }: Violation): ResultRefusal {
  const [, name] = pointer.split('/')
  return kind === 'missing' && pointer === `/${name}`
    ? new ResultRefusal('LACK_PARAMS', `缺少参数${name}`)
    : new ResultRefusal('PARAM_ERROR', `${name}参数格式错误`)
}
