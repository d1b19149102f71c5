"""What the programs for Scale's clients share: requests of every type, and the native API for the human's part."""
import base64
import json
import urllib.error
import urllib.request

from checks import equal, fetch, settings

BASE = settings["url"] + "/scale/v1"
FILES = settings["files"]
PNG = FILES + "/image.png"


def native(method, path, body=None, key=None):
    request = urllib.request.Request(settings["url"] + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("authorization", "Bearer " + (key or settings["liveKey"]))
    if body is not None:
        request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def raw(method, path, body=None, key=None, headers=None):
    """The bare protocol, for what no client shows: status and body."""
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + "/" + path, method=method, data=data)
    request.add_header("authorization", "Basic " + base64.b64encode(((key or settings["liveKey"]) + ":").encode()).decode())
    request.add_header("content-type", "application/json")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


# One request of every type, as the service's documentation has them.
BOX = {"box": {"objects_to_annotate": ["car", "cow"], "min_height": 10, "min_width": 10}}
TYPES = {
    "imageannotation": dict(attachment_type="image", attachment=PNG, geometries=BOX, annotation_attributes={"moving": {"description": "Moves?", "choices": ["yes", "no"]}}),
    "annotation": dict(attachment_type="image", attachment=PNG, objects_to_annotate=["baby cow", "big cow"], with_labels=True, min_width="30", min_height="30"),
    "polygonannotation": dict(attachment_type="image", attachment=PNG, objects_to_annotate=["large vehicle"], with_labels=True),
    "lineannotation": dict(attachment_type="image", attachment=PNG, objects_to_annotate=["lane"], with_labels=True),
    "pointannotation": dict(attachment_type="image", attachment=PNG, objects_to_annotate=["eye"], with_labels=True),
    "cuboidannotation": dict(attachment_type="image", attachment=PNG, objects_to_annotate=["car"], with_labels=True),
    "segmentannotation": dict(attachment_type="image", attachment=PNG, labels=["background", {"choice": "person", "instance_label": True}], allow_unlabeled=False),
    "videoannotation": dict(attachments=[PNG, PNG + "?2"], attachment_type="image", frame_rate=1, geometries=BOX),
    "videoplaybackannotation": dict(attachment=FILES + "/video.mp4", attachment_type="video", geometries=BOX),
    "videoboxannotation": dict(attachments=[PNG], attachment_type="image", objects_to_annotate=["car"]),
    "videocuboidannotation": dict(attachments=[PNG], attachment_type="image", objects_to_annotate=["car"]),
    "categorization": dict(attachment_type="website", attachment="http://www.google.com/", categories=["public", "private"], category_ids={"1": "public", "2": "private"}),
    "comparison": dict(attachment_type="image", attachments=[PNG, PNG + "?2"], choices=["yes", "no"]),
    "transcription": dict(attachment_type="website", attachment="http://www.google.com/", fields={"title": "Title of webpage"}, repeatable_fields={"row": "A row"}),
    "datacollection": dict(attachment_type="website", attachment="http://www.google.com/", fields={"hours": "Opening hours"}),
    "audiotranscription": dict(attachment_type="audio", attachment=FILES + "/sound.mp3", verbatim=False, phrases=["avocado"]),
    "documenttranscription": dict(attachment=PNG, features=[{"type": "block", "label": "barcode"}]),
    "namedentityrecognition": dict(text="Example text to label with NER tool", labels=[{"name": "Label_A", "description": "the first label"}]),
    "textcollection": dict(attachments=[{"type": "pdf", "content": PNG}], fields=[{"type": "category", "field_id": "like", "title": "Like?", "choices": [{"label": "Yes", "value": "yes"}]}, {"type": "text", "field_id": "why", "title": "Why?"}]),
    "lidarannotation": dict(attachments=[FILES + "/frame.json"], attachment_type="json", labels=["car"]),
    "lidartopdown": dict(attachments=[FILES + "/frame.json"], geometries={"polygon": {"objects_to_annotate": ["road"]}}),
    "lidarsegmentation": dict(attachments=[FILES + "/frame.json"], labels=["road"]),
}
for free in ["lidarlinking", "laneannotation", "documentmodel", "sensorfusion", "chat", "chatexperimental", "chatlite", "multichat", "multistage", "federal2dvideoannotation"]:
    TYPES[free] = dict(anything={"deep": [1, "2"]})


def response_is_right(kind, task):
    """The shape of a response, by the type of its task. `task` is the dictionary on the wire."""
    response, params = task["response"], task["params"]
    if kind in ("imageannotation", "annotation", "polygonannotation", "lineannotation", "pointannotation", "cuboidannotation", "lidartopdown"):
        (annotation,) = response["annotations"]
        assert annotation["uuid"] and annotation["label"]
        fields = {"box": "left top width height", "polygon": "vertices", "line": "vertices", "point": "x y", "cuboid": "vertices edges"}[annotation["type"]]
        for field in fields.split():
            assert field in annotation, field
        if "annotation_attributes" in params:
            equal(annotation["attributes"], {"moving": "yes"})
    elif kind == "segmentannotation":
        assert response["labelMapping"]["background"]["index"] >= 1
        assert isinstance(response["labelMapping"]["person"], list)
        combined = response["annotations"]["combined"]
        for url in [combined["image"], combined["indexedImage"], combined["extendedIndexedImage"], response["annotations"]["unlabeled"], response["annotations"]["labeled"]["background"], response["annotations"]["labeled"]["person"][0]]:
            media, data = fetch(url)
            equal((media, data[:4]), ("image/png", b"\x89PNG"))
    elif kind in ("videoannotation", "videoboxannotation", "videocuboidannotation"):
        frames = json.loads(fetch(response["annotations"]["url"])[1])
        assert frames and all("annotations" in frame for frame in frames)
    elif kind == "videoplaybackannotation":
        tracks = json.loads(fetch(response["annotations"]["url"])[1])["annotations"]
        for track in tracks.values():
            assert track["label"] and track["geometry"] == "box"
            assert {"key", "timestamp", "left"} <= set(track["frames"][0])
        assert isinstance(json.loads(fetch(response["events"]["url"])[1]), list)
    elif kind == "categorization":
        equal((response["category"], response["category_id"]), ("public", "1"))
    elif kind == "comparison":
        equal(response["choice"], "yes")
    elif kind in ("transcription", "datacollection"):
        assert set(params["fields"]) <= set(response["fields"])
    elif kind == "audiotranscription":
        assert response["transcript"] and response["duration"]
    elif kind == "documenttranscription":
        (annotation,) = response["annotations"]
        equal((annotation["page"], annotation["label"], annotation["location"]["type"]), (0, "barcode", "box"))
    elif kind == "namedentityrecognition":
        (annotation,) = response["annotations"]
        equal(params["text"][annotation["start"] : annotation["end"]], annotation["text"])
        equal(response["relationships"], [])
    elif kind == "textcollection":
        equal(response["annotations"]["like"], "yes")
    elif kind == "lidarannotation":
        (frame,) = json.loads(fetch(response["annotations"]["url"])[1])
        assert {"uuid", "label", "position", "dimensions", "yaw"} <= set(frame["cuboids"][0])
    elif kind == "lidarsegmentation":
        fetch(response["point_segmentations"]["url"])


