// Package shop has tests of a shop against the simulator of WeChat Pay, a namespace for each test.
package shop

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const address = "http://127.0.0.1:8989"

type object map[string]any

type merchant struct {
	Mchid, Appid, Serial string
	key                  *rsa.PrivateKey
}

// simulator is a namespace: no test sees the orders of another, so t.Parallel() is safe.
type simulator struct {
	t         *testing.T
	namespace string
	merchant  merchant
}

func start(t *testing.T) simulator {
	t.Parallel()
	s := simulator{t, namespaceOf(t.Name()), readMerchant(t)}
	if status := s.control("/reset", object{}); status >= 400 {
		t.Fatalf("reset of %s: %d", s.namespace, status)
	}
	return s
}

// namespaceOf returns 1 to 63 letters, digits and "-". The hash keeps names apart that would otherwise be equal.
func namespaceOf(test string) string {
	readable := notAllowed.ReplaceAllString(strings.ToLower(test), "-")
	return fmt.Sprintf("%.54s-%08x", readable, crc32.ChecksumIEEE([]byte(test)))
}

var notAllowed = regexp.MustCompile("[^a-z0-9]+")

func readMerchant(t *testing.T) merchant {
	read := func(name string) []byte {
		bytes, err := os.ReadFile("wechatpay/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	var m merchant
	if err := json.Unmarshal(read("simulator.json"), &m); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(read("apiclient_key.pem"))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	m.key = key.(*rsa.PrivateKey)
	return m
}

// control acts as the shopper, the bank or the clock, and returns the status.
func (s simulator) control(path string, fields object) int {
	body, _ := json.Marshal(fields)
	response, err := http.Post(address+"/ns/"+s.namespace+"/simulator"+path, "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// call is what the SDK of your shop does.
func (s simulator) call(method, path string, fields object) object {
	body := []byte{}
	if fields != nil {
		body, _ = json.Marshal(fields)
	}
	request, _ := http.NewRequest(method, "https://api.mch.weixin.qq.com"+path, bytes.NewReader(body))
	request.Header.Set("Authorization", s.merchant.authorization(method, path, body))
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: simulated{s.namespace}}
	response, err := client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
	var answer object
	if err := json.Unmarshal(text, &answer); err != nil {
		s.t.Fatal(err)
	}
	return answer
}

func (m merchant) authorization(method, path string, body []byte) string {
	timestamp, random := strconv.FormatInt(time.Now().Unix(), 10), make([]byte, 16)
	rand.Read(random)
	nonce := fmt.Sprintf("%x", random)
	hash := sha256.Sum256([]byte(fmt.Sprintf("%s\n%s\n%s\n%s\n%s\n", method, path, timestamp, nonce, body)))
	signature, _ := rsa.SignPKCS1v15(rand.Reader, m.key, crypto.SHA256, hash[:])
	return fmt.Sprintf(`WECHATPAY2-SHA256-RSA2048 mchid="%s",nonce_str="%s",timestamp="%s",serial_no="%s",signature="%s"`,
		m.Mchid, nonce, timestamp, m.Serial, base64.StdEncoding.EncodeToString(signature))
}

// simulated sends everything to the simulator. The official SDK has no base URL: give its http.Client this transport.
type simulated struct{ namespace string }

func (s simulated) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.URL.Scheme, request.URL.Host = "http", strings.TrimPrefix(address, "http://")
	request.Host = ""
	request.Header.Set("Simulator-Namespace", s.namespace)
	return http.DefaultTransport.RoundTrip(request)
}

func TestAnOrderIsPaid(t *testing.T) {
	s := start(t)
	order := s.call("POST", "/v3/pay/transactions/native", object{
		"mchid": s.merchant.Mchid, "appid": s.merchant.Appid, "out_trade_no": "number-1", "description": "A book",
		"notify_url": "https://shop.example/notify", "amount": object{"total": 100},
	})
	if url, _ := order["code_url"].(string); !strings.HasPrefix(url, "weixin://") {
		t.Fatalf("no code URL: %v", order)
	}
	s.control("/pay", object{"out_trade_no": "number-1"})
	paid := s.call("GET", "/v3/pay/transactions/out-trade-no/number-1?mchid="+s.merchant.Mchid, nil)
	if paid["trade_state"] != "SUCCESS" {
		t.Fatalf("not paid: %v", paid)
	}
}

func TestAnotherTestMayUseTheNumberAgain(t *testing.T) {
	for _, name := range []string{"in a subtest", "in_a_subtest", strings.Repeat("with a long name ", 9)} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			if status := s.control("/pay", object{"out_trade_no": "number-1"}); status != http.StatusConflict {
				t.Fatalf("an order of another test: %d", status)
			}
		})
	}
}
