import type { MerchantView } from '../merchants/merchant-view.ts'
import type { NamespaceList } from '../namespaces/address.ts'
import type { Simulator } from '../simulator.ts'
import type { Timeline } from '../timeline/timeline.ts'
import { ControlError, type Input, type InputField, type InputFields } from './input.ts'

/** The request that asks for an action, and what the mount keeps. */
export interface ActionContext {
  readonly request: Request
  readonly timeline: Timeline
  /** Streams that are open; their number is limited. */
  readonly streams: Set<object>
  /** Ends the streams when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** The namespaces beside this simulator, if the program has any. */
  readonly namespaces?: NamespaceList | undefined
  /** Returns the files that a merchant downloads, if this program gives them out. */
  readonly merchantFiles?: ((merchant: MerchantView) => MerchantFiles | Promise<MerchantFiles>) | undefined
}

/** Texts or bytes by the name of the file. */
export type MerchantFiles = Readonly<Record<string, string | Uint8Array>>

/** An action of the control API: a method and a path. */
export interface Action {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below {@link CONTROL_PATH}; a placeholder is `{name}`. */
  readonly path: string
  /** Absent: the action validates its input itself. */
  readonly parameters?: InputFields | undefined
  /** Parameters of the query. */
  readonly query?: InputFields | undefined
  readonly description: string
  /** Format of the response. Default `json`. */
  readonly responds?: 'json' | 'events' | 'tar' | undefined
  /** @returns the value to respond with as JSON; undefined for 204; or a `Response` */
  run(simulator: Simulator, input: Input, pathParameter: string, context: ActionContext): unknown
}

/** Path of the control API. No path of WeChat Pay begins like it. */
export const CONTROL_PATH = '/simulator'

export const TEXT: InputField = { kind: 'text' }
export const INTEGER: InputField = { kind: 'integer' }
export const oneOf = (...values: readonly string[]): InputField => ({ kind: 'text', values })
export const optional = (field: InputField): InputField => ({ ...field, optional: true })

type Run = Action['run']
export const get = (path: string, description: string, run: Run): Action => ({
  method: 'GET',
  path,
  parameters: {},
  description,
  run,
})
export const post = (path: string, parameters: InputFields | undefined, description: string, run: Run): Action => ({
  method: 'POST',
  path,
  parameters,
  description,
  run,
})
export const remove = (path: string, description: string, run: Run): Action => ({
  method: 'DELETE',
  path,
  parameters: {},
  description,
  run,
})

/** @throws {ControlError} */
export function requireFound<T>(record: T | undefined, kind: string, number: string): T {
  if (record === undefined) throw new ControlError(404, 'NOT_FOUND', `There is no ${kind} ${number}.`)
  return record
}
