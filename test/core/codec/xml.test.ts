import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseXml, stringifyXml, type XmlInputFields } from '../../../src/core/codec/xml.ts'

describe('reading XML', () => {
  test.each<[string, string, unknown]>([
    ['CDATA', '<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>', { return_code: 'SUCCESS' }],
    [
      'entities',
      '<xml><body>a &amp; b &lt;c&gt; &quot;&apos; &#33590;&#x8336;</body></xml>',
      { body: 'a & b <c> "\' 茶茶' },
    ],
    ['entities in CDATA, which are text', '<xml><body><![CDATA[a &amp; <b>]]></body></xml>', { body: 'a &amp; <b>' }],
    [
      'CDATA that was split around its own end',
      '<xml><body><![CDATA[a]]]]><![CDATA[>b]]></body></xml>',
      { body: 'a]]>b' },
    ],
    ['text beside CDATA', '<xml><body>a<![CDATA[b]]>c</body></xml>', { body: 'abc' }],
    [
      'a declaration, comments, white space',
      '<?xml version="1.0" encoding="utf-8"?>\n<!-- x -->\n<xml>\n  <a>1</a>\n  <!-- <b>2</b> -->\n</xml>\n',
      { a: '1' },
    ],
    [
      'the declaration of Java, as the official SDK for APIv2 writes it',
      '<?xml version="1.0" encoding="UTF-8" standalone="no"?><xml>\n<a>1</a>\n</xml>\n',
      { a: '1' },
    ],
    [
      'a declaration that does not name the encoding',
      `<?xml version='1.0' standalone='yes' ?><xml><a>1</a></xml>`,
      { a: '1' },
    ],
    ['blank text, which is a value', '<xml><attach> </attach></xml>', { attach: ' ' }],
    ['empty elements', '<xml><a></a><b/><c><![CDATA[]]></c></xml>', { a: '', b: '', c: '' }],
    [
      'names that HTML has empty',
      '<xml><link>1</link><img>2</img><input>3</input><meta>4</meta><hr>5</hr><br>6</br></xml>',
      { link: '1', img: '2', input: '3', meta: '4', hr: '5', br: '6' },
    ],
    [
      'nested elements and lists',
      '<xml><hblist><hbinfo><amount>1</amount></hbinfo><hbinfo><amount>2</amount></hbinfo></hblist></xml>',
      { hblist: { hbinfo: [{ amount: '1' }, { amount: '2' }] } },
    ],
    ['an empty message', '<xml></xml>', {}],
    ['any root', '<root><a>1</a></root>', { a: '1' }],
    ['attributes, which say nothing', `<xml a="1" b:c='>"'\n><a d = "/">1</a\t><b e=""/></xml>`, { a: '1', b: '' }],
    [
      'a line break as it was signed',
      '<xml><a>1\r\n2</a><b><![CDATA[1\r\n2]]></b></xml>',
      { a: '1\r\n2', b: '1\r\n2' },
    ],
    ['a byte order mark', '\ufeff<xml><a>1</a></xml>', { a: '1' }],
    ['a comment that begins as others end', '<xml><a>1</a><!--></b>--><!---></a>--></xml>', { a: '1' }],
    ['comments within a value', '<xml><a>1<!-- <a>2</a> -->3<!----></a></xml>', { a: '13' }],
    [
      'references to the last characters',
      '<xml><a>&#1114109;&#x10fffd;&#9;</a></xml>',
      { a: '\u{10fffd}\u{10fffd}\t' },
    ],
    ['JSON', '<xml><detail><![CDATA[{"a":[1,"<"]}]]></detail></xml>', { detail: '{"a":[1,"<"]}' }],
    [
      'names of Object.prototype',
      '<xml><toString>1</toString><constructor>2</constructor></xml>',
      { toString: '1', constructor: '2' },
    ],
  ])('takes %s', (_, text, fields) => {
    expect(parseXml(text)).toEqual(fields)
  })

  test.each<[string, string, string]>([
    ['nothing', '', 'at character 0'],
    ['text', 'SUCCESS', 'at character 0'],
    ['JSON', '{"code":"X"}', 'at character 0'],
    ['a DOCTYPE', '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><a>&x;</a></xml>', 'DOCTYPE'],
    ['an entity declared inside', '<xml><!ENTITY x "y"><a>1</a></xml>', 'at character 5'],
    ['an unclosed root', '<xml><a>1</a>', 'at character 13'],
    ['an unclosed field', '<xml><a>1</xml>', 'at character 9'],
    ['a cut tag', '<xml><a>1</a', 'at character 9'],
    ['a cut CDATA', '<xml><a><![CDATA[1]]</a></xml>', 'at character 8'],
    ['a closing tag that merely contains the name', '<xml><a>1</ab></xml>', 'at character 9'],
    ['fields that do not nest', '<xml><a><b>1</a></b></xml>', 'at character 12'],
    ['a stray closing tag', '<xml></a></xml>', 'at character 5'],
    ['two roots', '<xml><a>1</a></xml><xml><a>2</a></xml>', 'at character 19'],
    ['text after the root', '<xml><a>1</a></xml>x', 'at character 19'],
    ['text before the root', 'x<xml><a>1</a></xml>', 'at character 0'],
    ['CDATA before the root', '<![CDATA[x]]><xml><a>1</a></xml>', 'at character 0'],
    ['a bare <', '<xml><a>1 < 2</a></xml>', 'at character 10'],
    ['text among fields', '<xml>x<a>1</a></xml>', 'text beside elements'],
    ['depth without end', `${'<a>'.repeat(20)}${'</a>'.repeat(20)}`, 'levels'],
    ['size without end', `<xml><a>${'x'.repeat(2 ** 18)}</a></xml>`, 'characters'],
    ['elements without end', `<xml>${'<a/>'.repeat(2 ** 13)}</xml>`, 'more than 8192 elements'],
    ['a question mark in a tag', '<xml><a ?></a></xml>', 'at character 5'],
    ['two hyphens in a comment', '<xml><!-- a -- b --></xml>', 'at character 5'],
    ['a comment without an end', '<xml><a>1</a><!-- -></xml>', 'at character 13'],
    ['an instruction that holds markup', '<?x <a>1</a> ?>', 'at character 0'],
    ['an instruction within the root', '<xml><?php echo 1 ?><a>1</a></xml>', 'at character 5'],
    ['a declaration that is not the first thing', '<xml><?xml version="1.0"?></xml>', 'at character 5'],
    [
      'a declaration whose standalone is neither yes nor no',
      '<?xml version="1.0" standalone="1"?><xml/>',
      'at character 0',
    ],
    ['a declaration out of order', '<?xml version="1.0" standalone="no" encoding="UTF-8"?><xml/>', 'at character 0'],
    ['a declaration with unequal quotes', `<?xml version="1.0" standalone="no'?><xml/>`, 'at character 0'],
    ['a declaration of another version', '<?xml version="1.1"?><xml/>', 'at character 0'],
    ['an attribute without quotes', '<xml><a b=1></a></xml>', 'at character 5'],
    ['an attribute without a value', '<xml><a b></a></xml>', 'at character 5'],
    ['an attribute with a bare &', '<xml><a b="1&2"></a></xml>', 'at character 5'],
    ['an attribute with markup', '<xml><a b="<c>"></a></xml>', 'at character 5'],
    ['a closing tag with an attribute', '<xml><a>1</a b="2"></xml>', 'at character 9'],
    ['white space that XML does not have', '<xml\u00a0b="1"><a>1</a></xml>', 'at character 0'],
    ['a name without an end', `<xml><${'a'.repeat(65)}/></xml>`, 'at character 5'],
    ['a bare &', '<xml><a>1 & 2</a></xml>', 'at character 8'],
    ['a reference to an entity', '<xml><a>&nbsp;</a></xml>', 'at character 8'],
    ['a reference to no character', '<xml><a>&#0;</a></xml>', 'at character 8'],
    ['a reference to half a character', '<xml><a>&#xd83d;&#xde00;</a></xml>', 'at character 8'],
    ['a reference beyond Unicode', '<xml><a>&#x110000;</a></xml>', 'at character 8'],
    ['the end of CDATA in text', '<xml><a>1]]>2</a></xml>', 'at character 8'],
    ['__proto__', '<xml><__proto__><polluted>1</polluted></__proto__></xml>', '__proto__'],
    ['an element that HTML reads raw', '<xml><script><a></script></xml>', 'at character 16'],
  ])('refuses %s', (_, text, why) => {
    expect(() => parseXml(text)).toThrow(
      expect.objectContaining({ name: 'MalformedError', code: 'NOT_XML', message: expect.stringContaining(why) }),
    )
    expect(({} as { polluted?: string }).polluted).toBeUndefined()
  })
})

describe('writing XML', () => {
  const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,9}$/).filter(name => name !== '__proto__')
  // Everything XML 1.0 has a form for.
  const value = fc
    .string({ unit: 'binary', maxLength: 40 })
    .map(text => text.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ''))

  test('reads back as what was written', () => {
    fc.assert(
      fc.property(fc.dictionary(name, value), fields => {
        expect(parseXml(stringifyXml(fields))).toEqual({ ...fields })
      }),
    )
  })

  test('keeps \\r, markup and the end of CDATA', () => {
    const fields = { a: 'line\r\nline\rline', b: '<b>&amp;</b>', c: ']]>', d: ' ' }
    expect(stringifyXml(fields)).toContain('&#13;')
    expect(parseXml(stringifyXml(fields))).toEqual(fields)
  })

  test('leaves out what is absent, writes numbers and bigints, repeats the name of a list', () => {
    expect(stringifyXml({ a: undefined, b: null, c: 1, d: 2n ** 64n, e: true, f: ['1', '2'], g: { h: '3' } })).toBe(
      '<xml><c>1</c><d>18446744073709551616</d><e>true</e><f>1</f><f>2</f><g><h>3</h></g></xml>',
    )
  })

  const itself: Record<string, unknown> = {}
  itself.self = itself
  const list: unknown[] = []
  list.push(list)

  test.each<[string, unknown, string]>([
    ['an object within itself', itself, 'self'],
    ['a list within itself', { list }, 'list'],
    ['a control character', { body: 'a\u0000b' }, 'body'],
    ['half a surrogate pair', { body: 'a\ud83d' }, 'body'],
    ['the other half', { body: '\ude00a' }, 'body'],
    ['a name with a space', { 'a b': '1' }, 'a b'],
    ['a name that injects', { 'a><b': '1' }, 'a><b'],
    ['a rounded integer', { total_fee: 2 ** 53 }, 'total_fee'],
    ['NaN', { total_fee: Number.NaN }, 'total_fee'],
  ])('refuses %s', (_, fields, field) => {
    expect(() => stringifyXml(fields as XmlInputFields)).toThrow(
      expect.objectContaining({ name: 'CallError', code: 'BODY_INVALID', field }),
    )
  })
})
