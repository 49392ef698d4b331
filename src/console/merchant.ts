import { createStore } from './store.ts'

/** The merchant that the views show, of several; undefined for the first. */
export const merchant = createStore<string | undefined>(undefined)
