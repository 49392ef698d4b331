/** Status, code and message of an error response of APIv3. */
export type ErrorContent = readonly [status: number, code: string, message: string]

export const tradeError = (message: string): ErrorContent => [403, 'TRADE_ERROR', message]
export const invalidRequest = (message: string): ErrorContent => [400, 'INVALID_REQUEST', message]
export const notFound = (message: string): ErrorContent => [404, 'RESOURCE_NOT_EXISTS', message]
export const notEnough = (message: string): ErrorContent => [403, 'NOT_ENOUGH', message]
