import type { CommandEntry } from './run.ts'

/** The commands of `wechatpay-edge`, in the order in which a new user needs them. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  simulator: {
    summary: 'Simulates WeChat Pay on this machine, for development and tests.',
    load: async () => (await import('./simulator/simulator.ts')).simulator,
  },
  doctor: {
    summary: "Checks a merchant's keys, certificates, clock and network; says how to fix problems.",
    load: async () => (await import('./doctor/doctor.ts')).doctor,
  },
  serve: {
    summary: 'Runs the gateway on this machine: signs calls, receives notifications, delivers them.',
    load: async () => (await import('./serve.ts')).serve,
  },
  token: {
    summary: 'Creates tokens for callers of the gateway, and secrets for its endpoints.',
    load: async () => (await import('./token.ts')).token,
  },
  request: {
    summary: 'Calls any endpoint of WeChat Pay by its path: signed, encrypted, verified.',
    load: async () => (await import('./request/request.ts')).request,
  },
  certificates: {
    summary: "Downloads WeChat Pay's platform certificates (平台证书).",
    load: async () => (await import('./certificates.ts')).certificates,
  },
  verify: {
    summary: "Checks whether a saved response or notification is WeChat Pay's, and if not, why.",
    load: async () => (await import('./verify/verify.ts')).verify,
  },
  decrypt: {
    summary: 'Decrypts a saved notification or response of WeChat Pay, or a single value.',
    load: async () => (await import('./decrypt/decrypt.ts')).decrypt,
  },
  sign: {
    summary: 'Signs a text, or the parameters with which a client app starts a payment.',
    load: async () => (await import('./sign.ts')).sign,
  },
}
