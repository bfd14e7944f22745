"""A debit that ends with the truth, with Python's standard library alone.

    GATEWAY_URL=http://127.0.0.1:3000 python3 until_known.py 991000017 1.00 1234 order-17

Repeats one request, as it is, until its outcome is known (docs/openapi.json). Prints the answer as JSON and ends with 0 where the
debit was carried out; prints the problem and ends with 1 where it was not; ends with 3 where that is not known yet, whatever went
wrong, or could not be printed: run it again later with the same order. A deployed gateway asks who calls: send a token in
GATEWAY_TOKEN, or sign with botocore's SigV4Auth.
"""

import contextlib
import json
import os
import random
import re
import sys
import threading
import time
import urllib.error
import urllib.request

ANSWER_SECONDS = os.environ.get("ANSWER_SECONDS", "35")  # The gateway answers within 30.
PATIENCE_SECONDS = os.environ.get("PATIENCE_SECONDS", "1200")
MOST_BYTES = 10_000_000  # No answer of the gateway is longer.
# Problems of the request as it arrived.
OF_ARRIVAL = {"access-denied", "invalid-request", "unacceptable-body"}
# Where something on the way has said nothing but a refusal, more of the same will hardly help.
MOST_REFUSED = 5


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """An answer from elsewhere is no answer of the gateway."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirect)


class NotKnownYet(Exception):
    pass


class Problem(Exception):
    """What is final: the request must be mended, or must not be repeated."""

    def __init__(self, body):
        super().__init__(body.get("detail") or body.get("message"))
        self.body = body


def send(url, body, headers):
    """Status, headers and JSON object of the answer; status None where none came whole and in time."""
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    limit = float(ANSWER_SECONDS)
    answers = []
    # A time limit of urllib is for each piece that comes; a thread is waited for so long and no longer.
    exchange = threading.Thread(target=lambda: answers.append(answer_to(request, limit)), daemon=True)
    exchange.start()
    exchange.join(limit)
    return answers[0] if answers else (None, {}, {"detail": "no whole answer in time"})


def answer_to(request, limit):
    try:
        try:
            answer = OPENER.open(request, timeout=limit)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            text = answer.read(MOST_BYTES)
    except Exception as error:  # An answer that cannot be read fails in many ways, and none says that nothing was done.
        return None, {}, {"detail": repr(error)}
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    return answer.status, answer.headers, content if isinstance(content, dict) else {}


def is_done(status, content, order):
    """Whether it is the gateway's answer that this debit was carried out. Something on the way may answer 200 too."""
    record = content.get("record")
    return (
        status == 200
        and isinstance(content.get("result"), dict)
        and isinstance(record, dict)
        and (record.get("operation"), record.get("identity"), record.get("state"))
        == ("aggrepay/debit-wallet", order, "succeeded")
    )


def is_problem(content, order):
    """Whether it is a problem of the gateway's own, and of no other order's record."""
    code, record = content.get("code"), content.get("record")
    return (
        isinstance(code, str)
        and content.get("type") == "urn:wallet-gateway:problem:" + code
        and (not isinstance(record, dict) or record.get("identity") == order)
    )


def is_refusal(status):
    """Whether a status refuses the request itself. A firewall may block the answer alone: then the debit was carried out."""
    return status is not None and 400 <= status < 500 and status not in (408, 429, 499)


def is_of_api_gateway(headers, content):
    """Whether a refusal is API Gateway's own, which comes before the function runs; a function's headers have cache-control."""
    return (
        headers.get("apigw-requestid") is not None
        and headers.get("cache-control") is None
        and list(content) == ["message"]
    )


def until_known(url, request, headers):
    """The answer of a success. Raises Problem for what is final, NotKnownYet where patience ended first."""
    body = json.dumps(request).encode()  # The same bytes in each repeat.
    headers = {"content-type": "application/json", **headers}
    order = request["merchantTransactionId"].strip()
    ends = time.monotonic() + float(PATIENCE_SECONDS)
    attempt = refused = 0
    may_be_done = False
    while True:
        attempt += 1
        status, answered, content = send(url, body, headers)
        if is_done(status, content, order):
            return content
        if is_problem(content, order):
            # Once a request may have been carried out, one that was not taken as it arrived says nothing of it.
            of_arrival = content["code"] in OF_ARRIVAL and "record" not in content
            if content.get("retry") != "same-identity" and not (of_arrival and may_be_done):
                raise NotKnownYet(content) if content["code"] == "outcome-unknown" else Problem(content)
            may_be_done = may_be_done or status != 429
        elif is_of_api_gateway(answered, content) and (is_refusal(status) or status == 429):
            if status != 429 and not may_be_done:
                raise Problem(content)
        else:
            may_be_done = True
            refused += is_refusal(status)
        wait = seconds(answered.get("retry-after"), attempt)
        if refused == attempt == MOST_REFUSED:
            raise NotKnownYet(f"HTTP {status}, not of the gateway: wrong address or credentials, or a firewall's rule?")
        if time.monotonic() + wait > ends:
            raise NotKnownYet(content.get("detail") or content.get("message") or status)
        time.sleep(wait)


def seconds(retry_after, attempt):
    """What the gateway says; else a second, and then ever longer, at most a minute."""
    if retry_after is not None and re.fullmatch("[0-9]{1,4}", retry_after):
        return int(retry_after)
    most = min(60, 2 ** (attempt - 1))
    return most - random.random() * most / 2


def main(customer, amount, mpin, order):
    url = os.environ["GATEWAY_URL"].rstrip("/") + "/v1/aggrepay/debit-wallet"
    token = os.environ.get("GATEWAY_TOKEN")
    headers = {"authorization": "Bearer " + token} if token else {}
    # The order's own id is the identity: it was stored before this runs, and is the same in every repeat.
    debit = {"fromCustomerId": customer, "amount": amount, "mpin": mpin, "merchantTransactionId": order}
    try:
        tell(until_known(url, debit, headers))
    except Problem as problem:
        tell(problem.body)
        return 1
    return 0


def tell(content):
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        code = main(*sys.argv[1:5])
    except Exception as error:  # Python itself would end with 1.
        code = 3
        with contextlib.suppress(Exception):
            print("not known yet:", error if isinstance(error, NotKnownYet) else repr(error), file=sys.stderr, flush=True)
    # All is written; sys.exit would write again what could not be, and end with 120.
    os._exit(code)
