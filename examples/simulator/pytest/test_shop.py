"""Tests of a shop against the simulator of WeChat Pay, one namespace for each worker of pytest-xdist."""
import base64, json, os, secrets, subprocess, time, urllib.request
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

URL = "http://127.0.0.1:8989"
FOLDER = Path("wechatpay")


@pytest.fixture(scope="session")
def wechatpay():
    """The address of this worker's own WeChat Pay."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    yield f"{URL}/ns/{worker}"


@pytest.fixture(autouse=True)
def fresh(wechatpay):
    """No test sees the orders of another."""
    control(wechatpay, "/reset")


def control(wechatpay, path, **fields):
    """Acts as the shopper, the bank or the clock."""
    request = urllib.request.Request(f"{wechatpay}/simulator{path}", json.dumps(fields).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read() or "null")


def call(wechatpay, method, path, body=None):
    """The SDK of your shop does this. It signs the path without the namespace, or with it."""
    merchant = json.loads((FOLDER / "simulator.json").read_text())
    text = "" if body is None else json.dumps(body)
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    key = serialization.load_pem_private_key((FOLDER / "apiclient_key.pem").read_bytes(), None)
    message = f"{method}\n{path}\n{timestamp}\n{nonce}\n{text}\n".encode()
    signature = base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()
    authorization = f'WECHATPAY2-SHA256-RSA2048 mchid="{merchant["mchid"]}",nonce_str="{nonce}",timestamp="{timestamp}",serial_no="{merchant["serial"]}",signature="{signature}"'
    headers = {"Authorization": authorization, "Accept": "application/json", "Content-Type": "application/json", "User-Agent": "shop"}
    request = urllib.request.Request(wechatpay + path, text.encode() or None, headers, method=method)
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read() or "null")


def test_an_order_is_paid(wechatpay):
    merchant = json.loads((FOLDER / "simulator.json").read_text())
    order = {
        "mchid": merchant["mchid"], "appid": merchant["appid"], "out_trade_no": "number-1", "description": "A book",
        "notify_url": "https://shop.example/notify", "amount": {"total": 100},
    }
    assert call(wechatpay, "POST", "/v3/pay/transactions/native", order)["code_url"].startswith("weixin://")
    control(wechatpay, "/pay", out_trade_no="number-1")
    path = f"/v3/pay/transactions/out-trade-no/number-1?mchid={merchant['mchid']}"
    assert call(wechatpay, "GET", path)["trade_state"] == "SUCCESS"


def test_the_next_test_may_use_the_number_again(wechatpay):
    with pytest.raises(urllib.error.HTTPError) as error:
        control(wechatpay, "/pay", out_trade_no="number-1")
    assert error.value.code == 409
