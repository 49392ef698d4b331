import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isKind, kindOfContent, kindOfName } from '../../../src/flows/media/file-kind.ts'
import { FILMS, IMAGES, KINDS, latin1, sample } from './files.ts'

describe('the kind of a file', () => {
  it.each(KINDS)('%s is told by the ending of its name, in any case', kind => {
    expect([kindOfName(`a.${kind}`), kindOfName(`照片.b.${kind.toUpperCase()}`)]).toEqual([kind, kind])
  })

  it.each(['jpeg', 'JPEG'])('%s is jpg', ending => {
    expect(kindOfName(`a.${ending}`)).toBe('jpg')
  })

  it.each(['', 'png', 'a.', 'a.gif', 'a.png/b', 'a.png ', '.constructor', 'a.__proto__'])('%j tells none', name => {
    expect(kindOfName(name)).toBeUndefined()
  })

  it.each(KINDS)('%s is told by its first bytes', kind => {
    expect(isKind(kind, sample(kind))).toBe(true)
  })

  it.each([
    ['mov', '\0\0\0\x08wide\0\0\0\0mdat'],
    ['mov', '\0\0\0\x6cmoov'],
    ['mpeg', '\0\0\x01\xb3\x16\0\xf0\xc4'],
    ['pdf', `${'\n'.repeat(1000)}%PDF-1.4`],
    ['txt', '第一行\n'],
  ] as const)('%s of another make is told too', (kind, start) => {
    const bytes = kind === 'txt' ? new TextEncoder().encode(start) : latin1(start)
    expect(isKind(kind, bytes)).toBe(true)
  })

  it('no picture and no film is taken for one of another kind', () => {
    // Files of ISO base media are told from the others, not from each other.
    const iso = ['mp4', 'm4v', 'f4v', 'mov']
    for (const one of [...IMAGES, ...FILMS, 'pdf', 'ofd'] as const)
      for (const other of [...IMAGES, ...FILMS, 'pdf', 'ofd', 'csv'] as const)
        if (one !== other && !(iso.includes(one) && iso.includes(other)))
          expect([one, other, isKind(other, sample(one))]).toEqual([one, other, false])
  })

  it('what is cut within its first bytes is of no kind but text', () => {
    fc.assert(
      fc.property(fc.constantFrom(...IMAGES, ...FILMS, 'pdf' as const, 'ofd' as const), kind => {
        for (let length = 0; length < 2; length++) expect(kindOfContent(sample(kind, length), [kind])).toBeUndefined()
      }),
    )
  })

  it('bytes that begin like nothing are text or none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
        const kind = kindOfContent(Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, ...bytes))
        expect([undefined, 'csv', 'pdf']).toContain(kind)
      }),
    )
  })
})
