"""A debit that ends with the truth, with Python's standard library alone.

    GATEWAY_URL=http://127.0.0.1:3000 python3 until_known.py 991000017 1.00 1234 order-17

Repeats one request, as it is, until its outcome is known (docs/openapi.json). Prints the answer as JSON and ends with 0 where the
debit was carried out; prints the problem and ends with 1 where it was not; ends with 3 where that is not known yet: run it again
later with the same order. A deployed gateway asks who calls: send a token in GATEWAY_TOKEN, or sign with botocore's SigV4Auth.
"""

import json
import os
import random
import sys
import time
import urllib.error
import urllib.request

ANSWER_SECONDS = 35  # The gateway answers within 30.
PATIENCE_SECONDS = float(os.environ.get("PATIENCE_SECONDS", 20 * 60))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """An answer from elsewhere is no answer of the gateway."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirect)


class NotKnownYet(Exception):
    pass


class Problem(Exception):
    """What is final: the request must be mended, or must not be repeated."""

    def __init__(self, status, body):
        super().__init__(body.get("detail") or body.get("message"))
        self.status = status
        self.body = body


def send(url, body, headers):
    """Status, headers and body of the answer; status None where none came, or none that can be read."""
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with OPENER.open(request, timeout=ANSWER_SECONDS) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            content = json.load(error)
        except (ValueError, OSError):
            content = {}
        return error.code, error.headers, content if isinstance(content, dict) else {}
    except (OSError, ValueError) as error:  # URLError, timeouts, resets; no JSON
        return None, {}, {"detail": str(error)}


def until_known(url, request, headers):
    """The answer of a success. Raises Problem for what is final, NotKnownYet where patience ended first."""
    body = json.dumps(request).encode()  # The same bytes in each repeat.
    headers = {"content-type": "application/json", **headers}
    started = time.monotonic()
    attempt = 0
    while True:
        attempt += 1
        status, answered, content = send(url, body, headers)
        if status is not None and 200 <= status < 300:
            return content
        if status is not None:
            by_api_gateway = "code" not in content
            if not by_api_gateway and content.get("retry") != "same-identity":
                raise Problem(status, content)
            if by_api_gateway and status != 429 and status < 500:
                raise Problem(status, content)
        wait = seconds(answered.get("retry-after"), attempt)
        if time.monotonic() - started + wait > PATIENCE_SECONDS:
            raise NotKnownYet(content.get("detail") or content.get("message"))
        time.sleep(wait)


def seconds(retry_after, attempt):
    """What the gateway says; else a second, and then ever longer, at most a minute."""
    if retry_after is not None and retry_after.isdigit():
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
        print(json.dumps(until_known(url, debit, headers)))
    except Problem as problem:
        print(json.dumps(problem.body))
        return 1
    except NotKnownYet as unknown:
        print("not known yet:", unknown, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
