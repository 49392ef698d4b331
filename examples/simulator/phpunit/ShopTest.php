<?php

declare(strict_types=1);

use PHPUnit\Framework\TestCase;

/** Tests of a shop against the simulator of WeChat Pay. */
final class ShopTest extends TestCase
{
    private const ADDRESS = 'http://127.0.0.1:8989';
    private const FOLDER = 'wechatpay';

    protected function setUp(): void
    {
        $this->assertLessThan(400, $this->control('/reset'));
    }

    /** The namespace of this process: ParaTest numbers its own, so that they do not meet. */
    private static function wechatpay(): string
    {
        return self::ADDRESS . '/ns/php' . (getenv('TEST_TOKEN') ?: '');
    }

    /** Acts as the shopper, the bank or the clock. */
    private function control(string $path, array $fields = []): int
    {
        return self::send('POST', self::wechatpay() . '/simulator' . $path, json_encode((object) $fields))[0];
    }

    /** The SDK of your shop does this. It signs the path without the namespace, or with it. */
    private function call(string $method, string $path, ?array $fields = null): array
    {
        $merchant = self::merchant();
        $body = $fields === null ? '' : json_encode($fields);
        [$timestamp, $nonce] = [(string) time(), bin2hex(random_bytes(16))];
        $key = openssl_pkey_get_private(file_get_contents(self::FOLDER . '/apiclient_key.pem'));
        openssl_sign("$method\n$path\n$timestamp\n$nonce\n$body\n", $signature, $key, OPENSSL_ALGO_SHA256);
        $authorization = sprintf(
            'WECHATPAY2-SHA256-RSA2048 mchid="%s",nonce_str="%s",timestamp="%s",serial_no="%s",signature="%s"',
            $merchant['mchid'],
            $nonce,
            $timestamp,
            $merchant['serial'],
            base64_encode($signature)
        );
        [$status, $text] = self::send($method, self::wechatpay() . $path, $body, "Authorization: $authorization\r\n");
        $this->assertSame(200, $status, $text);
        return json_decode($text, true, 512, JSON_THROW_ON_ERROR);
    }

    /** @return array{int, string} The status and the body. */
    private static function send(string $method, string $url, string $body, string $headers = ''): array
    {
        $response = file_get_contents($url, false, stream_context_create(['http' => [
            'method' => $method,
            'header' => "{$headers}Content-Type: application/json\r\nAccept: application/json\r\nUser-Agent: shop",
            'content' => $body,
            'ignore_errors' => true,
        ]]));
        return [(int) explode(' ', $http_response_header[0])[1], $response];
    }

    private static function merchant(): array
    {
        return json_decode(file_get_contents(self::FOLDER . '/simulator.json'), true, 512, JSON_THROW_ON_ERROR);
    }

    public function testAnOrderIsPaid(): void
    {
        ['mchid' => $mchid, 'appid' => $appid] = self::merchant();
        $order = $this->call('POST', '/v3/pay/transactions/native', [
            'mchid' => $mchid,
            'appid' => $appid,
            'out_trade_no' => 'number-1',
            'description' => 'A book',
            'notify_url' => 'https://shop.example/notify',
            'amount' => ['total' => 100],
        ]);
        $this->assertStringStartsWith('weixin://', $order['code_url']);
        $this->control('/pay', ['out_trade_no' => 'number-1']);
        $paid = $this->call('GET', "/v3/pay/transactions/out-trade-no/number-1?mchid=$mchid");
        $this->assertSame('SUCCESS', $paid['trade_state']);
    }

    public function testTheNextTestMayUseTheNumberAgain(): void
    {
        $this->assertSame(409, $this->control('/pay', ['out_trade_no' => 'number-1']));
    }
}
