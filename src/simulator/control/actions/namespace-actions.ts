import type { NamespaceList } from '../../namespaces/address.ts'
import { type Action, type ActionContext, get, post, remove, TEXT } from '../action.ts'
import { ControlError } from '../input.ts'

/** The namespaces of a simulator that serves. */
export const namespaceActions: readonly Action[] = [
  get('/namespaces', 'Lists the namespaces.', (_sim, _input, _id, { namespaces }) => namespaces?.list() ?? []),
  post(
    '/namespaces',
    { name: TEXT },
    'Creates a namespace: the same merchants and keys, with orders, clock, faults and notifications of its own.',
    async (_sim, { name }, _id, context) => {
      await requireNamespaces(context).create(name)
      return { name: name.toLowerCase(), path: `/ns/${name.toLowerCase()}` }
    },
  ),
  remove('/namespaces/{name}', 'Removes a namespace with its records.', (_sim, _input, name, context) =>
    requireNamespaces(context).remove(name),
  ),
]

/** @throws {ControlError} the program that runs the simulator has none, or this is one itself */
function requireNamespaces({ namespaces }: ActionContext): NamespaceList {
  if (namespaces) return namespaces
  throw new ControlError(
    404,
    'NAMESPACES_UNAVAILABLE',
    'There are no namespaces here. Start the simulator with: wechatpay-edge simulator, and call it without the prefix /ns/….',
  )
}
