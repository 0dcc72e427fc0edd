"""A small sender of webhooks for tests: it keeps its queue in Redis.

Written without hookdrill in mind, as an in-house sender would be; Python's
standard library only. Several instances may share one Redis.

POST /endpoints {"url", "secret", "topics"}, DELETE /endpoints?url=...,
POST /events {"id", "topic", "type", "payload"}, GET /queue how much is
pending, GET /events/ID what became of an event, attempt by attempt.

Environment: PORT, REDIS_URL, RETRY_SCHEDULE (seconds, "1,5,30"),
REQUEST_TIMEOUT (seconds), and VARIANT, which is empty or one of the bugs:
  never-reconnect     a worker dies with its first connection to Redis
  forgets-in-flight   a delivery is out of the queue while it is attempted
  done-is-delivered   whatever has left the queue is reported as delivered
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
from urllib.parse import parse_qs, urlparse

SCHEDULE = [float(s) for s in os.environ["RETRY_SCHEDULE"].split(",")]
TIMEOUT = float(os.environ["REQUEST_TIMEOUT"])
VARIANT = os.environ.get("VARIANT", "")
# The worker takes the first delivery that is due and hides it from the others
# until it must have ended.
CLAIM = """local d = redis.call('ZRANGEBYSCORE', KEYS[1], 0, ARGV[1], 'LIMIT', 0, 1)
if d[1] then redis.call('ZADD', KEYS[1], ARGV[2], d[1]) return d[1] end
return false"""
# All of it or nothing: a connection that breaks between two commands would
# leave an event that is known, and that nobody will ever send.
ENQUEUE = """if redis.call('HSETNX', 'deliveries', ARGV[1], ARGV[2]) == 1 then
redis.call('SADD', KEYS[1], ARGV[1]) redis.call('ZADD', 'due', ARGV[3], ARGV[1]) end"""
# The bug: it is nobody's until its attempt has ended.
if VARIANT == "forgets-in-flight":
    CLAIM = CLAIM.replace("'ZADD', KEYS[1], ARGV[2]", "'ZREM', KEYS[1]")


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
            return answer.status, ""
    except urllib.error.HTTPError as e:
        return e.code, ""
    except OSError as e:
        return 0, str(e)


def work():
    redis = Redis(os.environ["REDIS_URL"])
    while True:
        try:
            now = time.time()
            name = redis("EVAL", CLAIM, 1, "due", now, now + TIMEOUT + 0.5)
            if name is None:
                time.sleep(0.05)
                continue
            status, error = attempt(json.loads(redis("HGET", "deliveries", name)))
            tried = redis("RPUSH", "attempts " + name, json.dumps({"at": now, "status": status, "error": error}))
            if 200 <= status < 300:
                redis("ZREM", "due", name)
            elif tried > len(SCHEDULE):
                redis("HSET", "failed", name, now)
                redis("ZREM", "due", name)
            else:
                redis("ZADD", "due", time.time() + SCHEDULE[tried - 1], name)
        except OSError as e:
            print("worker:", e, flush=True)
            if VARIANT == "never-reconnect":
                return
            time.sleep(0.1)


def state(redis, name, attempts):
    if redis("ZSCORE", "due", name) is not None:
        return "retrying" if attempts else "queued"
    if VARIANT == "done-is-delivered":
        return "delivered"
    return "failed" if redis("HEXISTS", "failed", name) else "delivered"


def story(redis, id):
    """What became of an event at each endpoint it was owed to."""
    deliveries = []
    for name in redis("SMEMBERS", "event " + id):
        attempts = [json.loads(a) for a in redis("LRANGE", "attempts " + name, 0, -1)]
        deliveries.append({"endpoint": name.split(" ", 1)[1], "state": state(redis, name, attempts), "attempts": attempts})
    return {"id": id, "deliveries": deliveries}


class API(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/queue":
            return self.with_redis(lambda redis: self.answer(200, {"pending": redis("ZCARD", "due")}))
        if self.path.startswith("/events/"):
            return self.with_redis(lambda redis: self.answer(200, story(redis, self.path.removeprefix("/events/"))))
        self.answer(200 if self.path == "/health" else 404, {})

    def do_DELETE(self):
        to = parse_qs(urlparse(self.path).query).get("url", [""])[0]
        self.with_redis(lambda redis: self.answer(200 if redis("HDEL", "endpoints", to) else 404, {}))

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
                redis("EVAL", ENQUEUE, 1, "event " + e["id"], name, json.dumps(d), time.time())
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
