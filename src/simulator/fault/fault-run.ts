import type { SimulatorContext } from '../context.ts'
import type { SimulatedResponse } from '../http/response.ts'
import { errorResponse } from './error-response.ts'
import type { Faults, FaultTarget } from './faults.ts'
import { ConnectionCut, cutResponse, delay } from './response.ts'
import type { FaultKind, FaultRule, Stage } from './rule.ts'
import { corruptSignature, isSigned } from './signature.ts'

/** The fault rules applied to one request. */
export interface FaultRun {
  /** Kinds of the faults applied so far. */
  readonly kinds: readonly FaultKind[]
  /** Responds by `handle`, unless a fault prevents it. Status 0 means that there is no response. */
  run(handle: () => Promise<SimulatedResponse>): Promise<SimulatedResponse>
  /**
   * Converts the response, with the faults that concern its transport.
   *
   * @throws {ConnectionCut}
   */
  respond(response: SimulatedResponse, headers: Readonly<Record<string, string>>): Promise<Response>
}

const NO_RESPONSE: SimulatedResponse = { status: 0, headers: {} }

export function createFaultRun(
  request: Request,
  target: FaultTarget,
  faults: Faults,
  context: SimulatorContext,
): FaultRun {
  const kinds: FaultKind[] = []
  function* applyRules(stage: Stage, canApply?: (rule: FaultRule) => boolean): Iterable<FaultRule> {
    for (const rule of faults.applicableRules(stage, target, canApply)) {
      kinds.push(rule.kind)
      yield rule
    }
  }
  let delayMs = 0

  const handleUnlessPrevented = async (handle: () => Promise<SimulatedResponse>): Promise<SimulatedResponse> => {
    for (const rule of applyRules('request')) {
      if (rule.kind === 'rotate') await context.platform.rotate()
      if (rule.kind === 'cut-connection') return NO_RESPONSE
      if (rule.kind === 'status') return errorResponse(rule.status, target.api, request, context)
    }
    return handle()
  }
  return {
    kinds,
    async run(handle) {
      let response = await handleUnlessPrevented(handle)
      if (response === NO_RESPONSE) return response
      for (const rule of applyRules('signature', () => isSigned(response)))
        response = await corruptSignature(rule, response, context)
      const hasBody = (response.body?.length ?? 0) > 0
      for (const rule of applyRules('response', ({ kind }) => kind !== 'cut-body' || hasBody))
        if (rule.kind === 'delay') delayMs += rule.ms
      return response
    },
    async respond(response, headers) {
      if (delayMs > 0) await delay(delayMs, request.signal)
      if (response === NO_RESPONSE || kinds.includes('lost-response')) throw new ConnectionCut()
      if (kinds.includes('cut-body')) return cutResponse(response, headers)
      return new Response(response.body ?? null, { status: response.status, headers })
    },
  }
}
