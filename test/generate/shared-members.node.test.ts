import { describe, expect, it } from 'vitest'
import { type Interface, shareMembers } from '../../scripts/generate/shared-members.ts'

const FIELDS = ['appid', 'mchid', 'attach', 'goods_tag', 'time_expire', 'amount', 'detail', 'notify_url']
const member = (name: string): string => `  /** ${name} */\n  ${name}: string\n`
const declare = (name: string, ...fields: string[]): Interface => ({
  comment: '',
  name,
  heritage: [],
  members: fields.map(member),
})

/** All members of an interface by name, with those that it inherits. */
function membersOf(interfaces: readonly Interface[], name: string): string[] {
  const { members, heritage } = interfaces.find(declared => declared.name === name)!
  return [...heritage.flatMap(base => membersOf(interfaces, base)), ...members].sort()
}

describe('members that recur', () => {
  const written = shareMembers([
    declare('V3PayNativeRequest', ...FIELDS, 'native'),
    declare('V3PayJsapiRequest', 'payer', ...FIELDS),
    declare('V3RefundRequest', 'appid', 'reason'),
  ])

  it('are declared once, in an interface that is named after them', () => {
    expect(written.map(({ name, heritage }) => [name, ...heritage])).toEqual([
      ['V3PayAppidMchidAnd6Fields'],
      ['V3PayNativeRequest', 'V3PayAppidMchidAnd6Fields'],
      ['V3PayJsapiRequest', 'V3PayAppidMchidAnd6Fields'],
      ['V3RefundRequest'],
    ])
  })

  it('remain members of each interface', () => {
    expect(membersOf(written, 'V3PayNativeRequest')).toEqual([...FIELDS, 'native'].map(member).sort())
    expect(membersOf(written, 'V3PayJsapiRequest')).toEqual([...FIELDS, 'payer'].map(member).sort())
    expect(membersOf(written, 'V3RefundRequest')).toEqual(['appid', 'reason'].map(member).sort())
  })
})

describe('members stay where they are', () => {
  it.each<[string, Interface[]]>([
    ['if they are few', [declare('A', 'appid', 'a'), declare('B', 'appid', 'b')]],
    ['if one interface has them', [declare('A', ...FIELDS), declare('B', 'b')]],
    [
      'if their comments differ',
      [
        declare('A', ...FIELDS),
        { ...declare('B', ...FIELDS), members: FIELDS.map(name => member(name).replace('**', '** other')) },
      ],
    ],
  ])('%s', (_, interfaces) => {
    expect(shareMembers(interfaces)).toEqual(interfaces)
  })
})

it('a field of many interfaces has an interface of its own', () => {
  const names = Array.from('ABCDEFGHIJKLMNOP', letter => `V3${letter}Request`)
  const written = shareMembers(names.map((name, at) => declare(name, 'mchid', `own_${at}`)))
  expect(written[0]).toEqual({ comment: '', name: 'V3MchidField', heritage: [], members: [member('mchid')] })
  expect(written.slice(1).every(({ heritage }) => heritage.join() === 'V3MchidField')).toBe(true)
})

it('sets that would have the same name are numbered', () => {
  const inV2 = (declared: Interface): Interface => ({
    ...declared,
    members: declared.members.map(text => text.replace('/** ', '/** APIv2: ')),
  })
  const written = shareMembers([
    declare('V3AaRequest', ...FIELDS, 'own_a'),
    declare('V3BbRequest', ...FIELDS, 'own_b'),
    inV2(declare('V3CcRequest', ...FIELDS, 'own_c')),
    inV2(declare('V3DdRequest', ...FIELDS, 'own_d')),
  ])
  expect(written.map(({ name }) => name).filter(name => name.includes('Fields'))).toEqual([
    'V3AppidMchidAnd6Fields',
    'V3AppidMchidAnd6Fields2',
  ])
  for (const name of ['V3AaRequest', 'V3DdRequest']) expect(membersOf(written, name)).toHaveLength(9)
})
