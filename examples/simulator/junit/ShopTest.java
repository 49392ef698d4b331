import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ShopTest {
  /** A namespace for each test class, so that classes can run at the same time. */
  static final String WECHATPAY = "http://127.0.0.1:8989/ns/"
      + ShopTest.class.getSimpleName().toLowerCase().replaceAll("[^a-z0-9]+", "-");
  static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @BeforeEach
  void reset() throws Exception {
    control("/reset", "{}");
  }

  /** Acts as the shopper, the bank or the clock. */
  static String control(String path, String json) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(WECHATPAY + "/simulator" + path))
        .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(json)).build();
    var response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    assertEquals(2, response.statusCode() / 100, response.body());
    return response.body();
  }

  /** The SDK of your shop does this. */
  static String call(String method, String path, String body) throws Exception {
    var folder = Path.of("wechatpay");
    var pem = Files.readString(folder.resolve("apiclient_key.pem")).replaceAll("-----[^-]+-----|\\s", "");
    var key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    var timestamp = Long.toString(Instant.now().getEpochSecond());
    var nonce = UUID.randomUUID().toString().replace("-", "");
    var signer = Signature.getInstance("SHA256withRSA");
    signer.initSign(key);
    // A client that signs the path of its URL signs the namespace with it.
    var signed = URI.create(WECHATPAY + path);
    var target = signed.getRawPath() + (signed.getRawQuery() == null ? "" : "?" + signed.getRawQuery());
    signer.update((method + "\n" + target + "\n" + timestamp + "\n" + nonce + "\n" + body + "\n").getBytes("UTF-8"));
    var serial = Files.readString(folder.resolve("apiclient_serial.txt")).trim();
    var authorization = "WECHATPAY2-SHA256-RSA2048 mchid=\"1900000109\",nonce_str=\"" + nonce + "\",timestamp=\"" + timestamp
        + "\",serial_no=\"" + serial + "\",signature=\"" + Base64.getEncoder().encodeToString(signer.sign()) + "\"";
    var request = HttpRequest.newBuilder(signed).header("Authorization", authorization)
        .header("Accept", "application/json").header("Content-Type", "application/json").header("User-Agent", "shop")
        .method(method, HttpRequest.BodyPublishers.ofString(body)).build();
    var response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    assertEquals(200, response.statusCode(), response.body());
    return response.body();
  }

  @Test
  void anOrderIsPaid() throws Exception {
    call("POST", "/v3/pay/transactions/native", """
        {"mchid":"1900000109","appid":"wxd678efh567hg6787","out_trade_no":"number-1","description":"A book",
         "notify_url":"https://shop.example/notify","amount":{"total":100}}""");
    control("/pay", "{\"out_trade_no\":\"number-1\"}");
    var order = call("GET", "/v3/pay/transactions/out-trade-no/number-1?mchid=1900000109", "");
    assertTrue(order.contains("\"trade_state\":\"SUCCESS\""), order);
  }
}
