export { createGateway, type GatewayOptions } from './app.ts'
