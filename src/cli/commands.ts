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
  ledger: {
    summary: 'Copies the ledger of a gateway to a file and into another storage.',
    load: async () => (await import('./ledger/ledger.ts')).ledger,
  },
  listen: {
    summary: 'Forwards the events of a deployed gateway to a program on this machine.',
    load: async () => (await import('./gateway/listen/listen.ts')).listen,
  },
  events: {
    summary: 'Lists the events of a gateway, or finds those with the number of an order, a refund …',
    load: async () => (await import('./gateway/events.ts')).events,
  },
  tail: {
    summary: 'Prints the events of a gateway as it records them.',
    load: async () => (await import('./gateway/tail.ts')).tail,
  },
  dead: {
    summary: 'Lists the deliveries that a gateway has given up, and why.',
    load: async () => (await import('./gateway/dead.ts')).dead,
  },
  replay: {
    summary: 'Makes a gateway deliver events again.',
    load: async () => (await import('./gateway/replay.ts')).replay,
  },
  trigger: {
    summary: 'Makes a simulator send a notification of any documented event.',
    load: async () => (await import('./gateway/trigger.ts')).trigger,
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
  record: {
    summary: 'Records the shapes of calls to WeChat Pay, without secrets and personal data.',
    load: async () => (await import('./record/record.ts')).record,
  },
  diff: {
    summary: 'Compares a recording with the simulator, or with another recording.',
    load: async () => (await import('./diff/diff.ts')).diff,
  },
  health: {
    summary: 'Asks a running simulator or gateway whether it serves.',
    load: async () => (await import('./health.ts')).health,
  },
  mcp: {
    summary: 'Serves tools for coding agents (Model Context Protocol), with a simulator inside.',
    load: async () => (await import('./mcp/mcp.ts')).mcp,
  },
}
