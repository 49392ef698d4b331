import { readFileSync } from 'node:fs'
import { endpointsOf } from '../../scripts/generate/endpoint.ts'
import type { Document } from '../../scripts/generate/openapi.ts'

const file = new URL('../../src/definitions/generated/openapi.json', import.meta.url)

/** The whole description, as it is published. */
export const document: Document = JSON.parse(readFileSync(file, 'utf8'))

export const endpoints = endpointsOf(document)

/** `POST /v3/pay/transactions/jsapi`, as tests name an endpoint. */
export const nameOf = ({ method, path }: { method: string; path: string }): string => `${method} ${path}`
