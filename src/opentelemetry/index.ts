export { createGatewayTracing } from './gateway-tracing.ts'
export { type TelemetryOptions, traceCalls } from './trace-calls.ts'
