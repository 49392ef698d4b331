import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { formOf, type Sample } from './sample.ts'

/** Keys to open with, by `x-encrypted`. */
export type OpeningKeys = Readonly<Record<string, KeyObject>>

/** How a wire writes what is no text: JSON as itself; XML and a query as text, in which a list and an object are JSON. */
export type Form = 'json' | 'text'

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }

export const encryptFor = (key: KeyObject, text: string): string =>
  publicEncrypt({ key, ...OAEP }, Buffer.from(text)).toString('base64')

/**
 * Compares what is on the wire with the sample that the client was given: what is encrypted opens to the text given, all
 * else is as given, and nothing stands beside it.
 *
 * @returns what is wrong, one a line
 */
export function sampleFaults(sample: Sample, wire: unknown, keys: OpeningKeys, form: Form, at: string): string[] {
  switch (sample.kind) {
    case 'plain':
      return wire === (form === 'text' ? String(sample.value) : sample.value)
        ? []
        : [`${at}: ${shown(wire)} for ${shown(sample.value)}`]
    case 'encrypted':
      return encryptedFaults(sample, wire, keys[sample.by], at)
    case 'text':
      if (typeof wire !== 'string') return [`${at}: no text: ${shown(wire)}`]
      return sample.encoding === 'json'
        ? jsonFaults(sample.content, wire, keys, at)
        : formFaults(sample.content, wire, at)
    case 'list':
      if (form === 'text' && typeof wire === 'string') return jsonFaults(sample, wire, keys, at)
      if (!Array.isArray(wire)) return [`${at}: no list: ${shown(wire)}`]
      return [
        ...(wire.length === sample.members.length ? [] : [`${at}: ${wire.length} members`]),
        ...sample.members.flatMap((member, n) => sampleFaults(member, wire[n], keys, form, `${at}[${n}]`)),
      ]
    case 'object':
      if (form === 'text' && typeof wire === 'string') return jsonFaults(sample, wire, keys, at)
      if (typeof wire !== 'object' || wire === null) return [`${at}: no object: ${shown(wire)}`]
      return memberFaults(sample.members, wire as Record<string, unknown>, keys, form, at)
    case 'file':
      return [`${at}: a file in a message`]
  }
}

function memberFaults(
  members: Readonly<Record<string, Sample>>,
  wire: Record<string, unknown>,
  keys: OpeningKeys,
  form: Form,
  at: string,
): string[] {
  const strangers = Object.keys(wire).filter(name => !Object.hasOwn(members, name))
  return [
    ...strangers.map(name => `${at}.${name}: not given`),
    ...Object.entries(members).flatMap(([name, member]) =>
      sampleFaults(member, wire[name], keys, form, `${at}.${name}`),
    ),
  ]
}

function encryptedFaults(
  { value, by }: { value: string; by: string },
  wire: unknown,
  key: KeyObject | undefined,
  at: string,
): string[] {
  if (wire === value) return [`${at}: in the clear`]
  if (!key || typeof wire !== 'string') return [`${at}: not encrypted (${by}): ${shown(wire)}`]
  try {
    const opened = privateDecrypt({ key, ...OAEP }, Buffer.from(wire, 'base64')).toString()
    return opened === value ? [] : [`${at}: ${shown(opened)} is encrypted for ${shown(value)}`]
  } catch {
    return [`${at}: does not open (${by}): ${shown(wire)}`]
  }
}

function jsonFaults(content: Sample, wire: string, keys: OpeningKeys, at: string): string[] {
  let value: unknown
  try {
    value = JSON.parse(wire)
  } catch {
    return [`${at}: no JSON: ${shown(wire)}`]
  }
  return sampleFaults(content, value, keys, 'json', at)
}

function formFaults(content: Sample, wire: string, at: string): string[] {
  const due = formOf(content)
  return !/[&=]/.test(wire) && decodeURIComponent(wire) === decodeURIComponent(due)
    ? []
    : [`${at}: ${shown(wire)} for ${shown(due)}`]
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80)
