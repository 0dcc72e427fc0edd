"""A small sender of webhooks for tests: it keeps its queue in Redis.

Written without hookdrill in mind, as an in-house sender would be; Python's
standard library only. Several instances may share one Redis.

Environment: PORT, REDIS_URL, RETRY_SCHEDULE (seconds, "1,5,30"),
REQUEST_TIMEOUT (seconds), VARIANT: empty, or "never-reconnect" for a bug in
which the worker dies with its first connection to Redis.
"""
import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

SCHEDULE = [float(s) for s in os.environ["RETRY_SCHEDULE"].split(",")]
TIMEOUT = float(os.environ["REQUEST_TIMEOUT"])
VARIANT = os.environ.get("VARIANT", "")
# The worker takes the first delivery that is due and hides it from the others
# until it must have ended.
CLAIM = """local d = redis.call('ZRANGEBYSCORE', KEYS[1], 0, ARGV[1], 'LIMIT', 0, 1)
if d[1] then redis.call('ZADD', KEYS[1], ARGV[2], d[1]) return d[1] end
return false"""


class Redis:
    """A connection that is made when it is needed, and again after an error."""

    def __init__(self, url):
        self.addr = (urlparse(url).hostname, urlparse(url).port)
        self.file = None

    def __call__(self, *args):
        try:
            if self.file is None:
                s = socket.create_connection(self.addr, timeout=2)
                self.file = s.makefile("rwb")
                s.close()  # the file keeps the connection
            parts = [str(a).encode() for a in args]
            self.file.write(b"*%d\r\n" % len(parts))
            for p in parts:
                self.file.write(b"$%d\r\n%s\r\n" % (len(p), p))
            self.file.flush()
            return self.read()
        except OSError:
            self.file = None
            raise

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis hung up")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise ConnectionError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        return rest.decode()


def sign(secret, id, ts, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, b"%s.%d.%s" % (id.encode(), ts, body), hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


OPENER = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))


def attempt(d):
    body, ts = d["payload"].encode(), int(time.time())
    req = urllib.request.Request(d["url"], body, {
        "Content-Type": "application/json", "webhook-id": d["id"], "webhook-timestamp": str(ts),
        "webhook-signature": sign(d["secret"], d["id"], ts, body)})
    try:
        with OPENER.open(req, timeout=TIMEOUT) as answer:
            return 200 <= answer.status < 300
    except (OSError, urllib.error.URLError):
        return False


def work():
    redis = Redis(os.environ["REDIS_URL"])
    while True:
        try:
            now = time.time()
            name = redis("EVAL", CLAIM, 1, "due", now, now + TIMEOUT + 0.5)
            if name is None:
                time.sleep(0.05)
                continue
            ended = attempt(json.loads(redis("HGET", "deliveries", name)))
            tried = redis("HINCRBY", "tried", name, 1)
            if ended or tried > len(SCHEDULE):
                redis("ZREM", "due", name)
            else:
                redis("ZADD", "due", time.time() + SCHEDULE[tried - 1], name)
        except OSError as e:
            print("worker:", e, flush=True)
            if VARIANT == "never-reconnect":
                return
            time.sleep(0.1)


class API(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/queue":
            return self.with_redis(lambda redis: self.answer(200, {"pending": redis("ZCARD", "due")}))
        self.answer(200 if self.path == "/health" else 404, {})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        handle = {"/endpoints": self.subscribe, "/events": self.publish}.get(self.path)
        if handle is None:
            return self.answer(404, {})
        self.with_redis(lambda redis: handle(redis, body))

    def subscribe(self, redis, e):
        redis("HSET", "endpoints", e["url"], json.dumps(e))
        self.answer(201, {})

    def publish(self, redis, e):
        for text in redis("HVALS", "endpoints"):
            to = json.loads(text)
            if e["topic"] in to["topics"]:
                name = e["id"] + " " + to["url"]
                d = {"id": e["id"], "url": to["url"], "secret": to["secret"], "payload": json.dumps(e["payload"])}
                # The same event again is no second delivery.
                if redis("HSETNX", "deliveries", name, json.dumps(d)):
                    redis("ZADD", "due", time.time(), name)
        self.answer(202, {"id": e["id"]})

    def with_redis(self, f):
        try:
            f(Redis(os.environ["REDIS_URL"]))
        except OSError as e:
            self.answer(503, {"error": str(e)})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for _ in range(4):
        threading.Thread(target=work, daemon=True).start()
    print("listening on", os.environ["PORT"], flush=True)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), API).serve_forever()
