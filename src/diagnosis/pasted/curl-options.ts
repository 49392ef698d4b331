/** Options of curl that have a value, by their letter and their name: all of curl 8 for HTTP. Any other option is a switch. */
const LETTERS: Readonly<Record<string, string>> = {
  A: '--user-agent',
  b: '--cookie',
  c: '--cookie-jar',
  C: '--continue-at',
  d: '--data',
  D: '--dump-header',
  e: '--referer',
  E: '--cert',
  F: '--form',
  H: '--header',
  K: '--config',
  m: '--max-time',
  o: '--output',
  P: '--ftp-port',
  Q: '--quote',
  r: '--range',
  t: '--telnet-option',
  T: '--upload-file',
  u: '--user',
  U: '--proxy-user',
  w: '--write-out',
  x: '--proxy',
  X: '--request',
  y: '--speed-time',
  Y: '--speed-limit',
  z: '--time-cond',
}

const NAMES: ReadonlySet<string> = new Set([
  ...Object.values(LETTERS),
  ...`--abstract-unix-socket --alt-svc --aws-sigv4 --cacert --capath --cert-type --ciphers --connect-timeout --connect-to
--create-file-mode --crlfile --curves --data-ascii --data-binary --data-raw --data-urlencode --delegation --dns-interface
--dns-ipv4-addr --dns-ipv6-addr --dns-servers --doh-url --ech --egd-file --engine --etag-compare --etag-save
--expect100-timeout --form-string --ftp-account --ftp-alternative-to-user --ftp-method --ftp-ssl-ccc-mode
--happy-eyeballs-timeout-ms --haproxy-clientip --hostpubmd5 --hostpubsha256 --hsts --interface --ip-tos --ipfs-gateway
--json --keepalive-cnt --keepalive-time --key --key-type --krb --libcurl --limit-rate --local-port --login-options
--mail-auth --mail-from --mail-rcpt --max-filesize --max-redirs --netrc-file --noproxy --oauth2-bearer --output-dir
--parallel-max --pass --pinnedpubkey --preproxy --proto --proto-default --proto-redir --proxy-cacert --proxy-capath
--proxy-cert --proxy-cert-type --proxy-ciphers --proxy-crlfile --proxy-header --proxy-key --proxy-key-type --proxy-pass
--proxy-pinnedpubkey --proxy-service-name --proxy-tls13-ciphers --proxy-tlsauthtype --proxy-tlspassword
--proxy-tlsuser --proxy1.0 --pubkey --random-file --rate --request-target --resolve --retry --retry-delay
--retry-max-time --sasl-authzid --service-name --sigalgs --socks4 --socks4a --socks5 --socks5-gssapi-service
--socks5-hostname --stderr --tftp-blksize --tls-max --tls13-ciphers --tlsauthtype --tlspassword --tlsuser --trace
--trace-ascii --trace-config --unix-socket --url --url-query --variable --vlan-priority`.split(/\s+/),
])

/** Switches that say what is sent, by their letter. */
const SWITCHES: Readonly<Record<string, string>> = { G: '--get', I: '--head', ':': '--next' }

/** A part of a command: an option with its value if it has one, or a word that is a URL. */
export type CurlPart =
  | { readonly option: string; readonly value: string }
  | { readonly option?: undefined; readonly value: string }

/** Reads the words of a command as curl does, in one pass: `-sSX POST`, `-XPOST`, `--request POST`. Letters become names. */
export function* curlParts(words: readonly string[]): Generator<CurlPart> {
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word.startsWith('--')) yield { option: word, value: NAMES.has(word) ? (words[++at] ?? '') : '' }
    else if (!word.startsWith('-') || word === '-') yield { value: word }
    else
      for (let letter = 1; letter < word.length; letter++) {
        const option = LETTERS[word[letter]!]
        if (option === undefined) {
          yield { option: SWITCHES[word[letter]!] ?? '', value: '' }
          continue
        }
        yield { option, value: word.slice(letter + 1) || (words[++at] ?? '') }
        break
      }
  }
}
