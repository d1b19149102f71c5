"""What the checks of the Skylab client share: the client, the bare protocol, a receiver of callbacks, and measures of pictures."""
import asyncio
import http.client
import json
import os
import tempfile
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyvips
import skylab_studio

from checks import settings, until

api = skylab_studio.api(api_key=settings["key"])
other = skylab_studio.api(api_key=settings["otherKey"])
ROOT = urllib.parse.urlsplit(settings["url"])
PLAIN = {"enable_color": False, "enable_crop": False}
serial = 0


def photo(name):
    return os.path.join(settings["photos"], name)


def name(text):
    global serial
    serial += 1
    return "%s %d" % (text, serial)


def send(method, url, body=None, headers=None):
    """One request, as it is: status, headers, bytes. A body may come with GET."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body=body, headers=headers or {})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, dict((key.lower(), value) for key, value in answer.getheaders()), data


def raw(method, path, body=None, key=settings["key"], headers=None):
    """The bare protocol: status and parsed body, which every answer has. `body` is text or a value."""
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    sent = {"content-type": "application/json", "content-length": str(len(text.encode())), **({} if key is None else {"x-slt-api-key": key}), **(headers or {})}
    status, got, data = send(method, settings["url"] + "/skylab/api/public/v1/" + path, text.encode() or None, sent)
    assert got["content-type"].startswith("application/json"), got
    return status, json.loads(data)


def native(method, path, body=None):
    headers = {"authorization": "Bearer " + settings["key"], "content-type": "application/json"}
    _status, _headers, data = send(method, settings["url"] + path, None if body is None else json.dumps(body), headers)
    return json.loads(data)


def new_profile(**fields):
    made = api.create_profile({"name": name("profile"), **PLAIN, **fields})
    assert "id" in made, made
    return made


def new_job(profile, *photos):
    made = api.create_job({"name": name("job"), "profile_id": profile["id"]})
    for one in photos:
        assert api.upload_job_photo(photo(one), made["id"])["upload_response"] == 200
    return made


def finished(job_id, state="complete", seconds=120):
    done = until(lambda: (lambda job: job if job["state"] in ("complete", "error") else None)(api.get_job(job_id)), seconds)
    assert done["state"] == state, (done["state"], done["errors"])
    return done


def processed(profile, *photos, state="complete"):
    """The finished job of these photos."""
    job = new_job(profile, *photos)
    queued = api.queue_job(job["id"], {})
    assert queued["state"] in ("pending", "queued"), queued
    return finished(job["id"], state)


def picture(url):
    """The decoded picture at an address, and what the address calls it. No key is sent."""
    status, headers, data = send("GET", url)
    assert status == 200, (status, data[:200])
    return pyvips.Image.new_from_buffer(data, ""), headers["content-type"]


def output(profile, one):
    """The decoded output of one photo."""
    job = processed(profile, one)
    return picture(job["photoDownloadUrls"][one])[0]


def means(image):
    return [image[band].avg() for band in range(image.bands)]


def difference(left, right):
    assert (left.width, left.height) == (right.width, right.height), "%dx%d is not %dx%d" % (left.width, left.height, right.width, right.height)
    return (left[0:3].cast("float") - right[0:3]).abs().avg()


def texture(image, area):
    """How much of an area a blur takes away."""
    part = image[0:3].colourspace("b-w").crop(*area)
    return (part.cast("float") - part.gaussblur(4)).deviate()


def face(part=0.5):
    """The middle of the face of portrait.png: left, top, width, height."""
    at = settings["portrait"]["face"]
    return [round(value) for value in (at["cx"] - at["rx"] * part, at["cy"] - at["ry"] * part, 2 * at["rx"] * part, 2 * at["ry"] * part)]


def download_all(job):
    folder = tempfile.mkdtemp(dir=settings["folder"])
    result = asyncio.run(api.download_all_photos(job["photos"], job["profile"], folder))
    return result, folder


class Receiver:
    """Hears callbacks; answers with the statuses it was given, then 200."""

    def __init__(self, *statuses):
        self.heard = []
        statuses = list(statuses)
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_PATCH(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode("utf-8")
                heard.append({"method": self.command, "path": self.path, "headers": dict((key.lower(), value) for key, value in self.headers.items()), "body": body})
                self.send_response(statuses.pop(0) if statuses else 200)
                self.send_header("location", "/elsewhere")
                self.end_headers()

            do_POST = do_PUT = do_GET = do_PATCH

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/told" % self.server.server_address[1]

    def states(self):
        return [json.loads(one["body"])["state"] for one in self.heard]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
