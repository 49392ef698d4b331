import type { Listed } from './run.ts'

/** The commands of `wechatpay-edge`, in the order in which a newcomer meets them. */
export const COMMANDS: Readonly<Record<string, Listed>> = {
  simulator: {
    summary: 'WeChat Pay on this machine, for development and tests.',
    load: async () => (await import('./simulator/simulator.ts')).simulator,
  },
  doctor: {
    summary: "Checks a merchant's keys, certificates, clock and network; says how to fix each.",
    load: async () => (await import('./doctor/doctor.ts')).doctor,
  },
  serve: {
    summary: 'The gateway on this machine: signs calls, takes notifications in, delivers them.',
    load: async () => (await import('./serve.ts')).serve,
  },
  token: {
    summary: 'Makes the tokens and secrets of the gateway: for callers, for endpoints.',
    load: async () => (await import('./token.ts')).token,
  },
  request: {
    summary: 'Calls WeChat Pay: any endpoint by its path, signed, sealed, verified.',
    load: async () => (await import('./request/request.ts')).request,
  },
  certificates: {
    summary: "Downloads WeChat Pay's platform certificates (平台证书).",
    load: async () => (await import('./certificates.ts')).certificates,
  },
  verify: {
    summary: "Says whether a saved answer or notification is WeChat Pay's, and if not, why.",
    load: async () => (await import('./verify/verify.ts')).verify,
  },
  decrypt: {
    summary: 'Opens what WeChat Pay sealed: a saved notification or answer, a single value.',
    load: async () => (await import('./decrypt/decrypt.ts')).decrypt,
  },
  sign: {
    summary: 'Signs a message, or what a client app needs to start a payment.',
    load: async () => (await import('./sign.ts')).sign,
  },
}
