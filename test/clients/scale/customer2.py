"""What customers of scaleapi 2.x do beyond the steps of its README: every parameter of every type, every filter, names that need care, and what goes wrong."""
import concurrent.futures
import datetime
import io
import json
import time

import scaleapi
import scaleapi.api
import scaleapi.exceptions
from scaleapi.exceptions import ScaleException, ScaleInvalidRequest, ScaleResourceNotFound
from scaleapi.tasks import TaskType

from checks import check, equal, fetch, settings, until
from harness import BASE, BOX, FILES, PNG, TYPES, native, raw

ScaleDuplicateResource = getattr(scaleapi.exceptions, "ScaleDuplicateResource", None) or scaleapi.exceptions.ScaleDuplicateTask
if hasattr(scaleapi.api, "SCALE_ENDPOINT"):
    scaleapi.api.SCALE_ENDPOINT = BASE


def connect(key):
    try:
        return scaleapi.ScaleClient(key, api_instance_url=BASE)
    except TypeError:
        return scaleapi.ScaleClient(key)


client = connect(settings["liveKey"])
test_client = connect(settings["testKey"])
other = connect(settings["otherKey"])
has = lambda name: hasattr(client, name)


def name(text):
    return "%s %s" % (text, settings["mark"])


def fails(kind, work, *words):
    try:
        work()
    except ScaleException as error:
        equal(type(error), kind)
        for word in words:
            assert word in str(error.message), "%r does not say %r" % (error.message, word)
        return error
    raise AssertionError("%s was not raised" % kind.__name__)


def make(of=client, **more):
    return of.create_task(TaskType.ImageAnnotation, **{**TYPES["imageannotation"], **more})


LABELS = ["car", {"choice": "two wheels", "subchoices": ["bicycle", {"choice": "motorbike", "display": "Motor bike"}]}]
ATTRIBUTES = {
    "moving": {"type": "category", "description": "Moves?", "choices": ["yes", "no"], "conditions": {"label_condition": {"label": "car"}}},
    "colors": {"description": "Colours", "choices": ["red", "blue"], "allow_multiple": True},
    "doors": {"type": "number", "description": "How many doors", "min": 0, "max": 9},
    "heading": {"type": "angle", "description": "Where to"},
    "note": {"type": "text", "description": "Anything else", "required": False, "global": True},
    "ground": {"type": "y_line", "description": "Where it stands"},
    "side": {"type": "x_line", "description": "Where its side is"},
    "carries": {"type": "linked", "description": "What it carries", "allowed_labels": ["bicycle"], "required": False},
}
CAMERA = {
    "camera_intrinsics": {"fx": 986.778, "fy": 984.4254, "cx": 961.078, "cy": 586.9694, "skew": 0, "scalefactor": 1},
    "camera_rotation_quaternion": {"w": 0.0197866653, "x": 0.0181939654, "y": 0.6981190587, "z": -0.7154710205},
    "camera_height": -0.2993970777,
}
GEOMETRIES = {
    "box": {"objects_to_annotate": LABELS, "min_height": 10, "min_width": 10, "can_rotate": False, "integer_pixels": True, "examples": []},
    "polygon": {"objects_to_annotate": LABELS, "min_vertices": 3, "max_vertices": None, "examples": []},
    "line": {"objects_to_annotate": ["lane"], "min_vertices": 2, "max_vertices": 20},
    "point": {"objects_to_annotate": ["eye", "nose"], "connections": [{"pair": ["eye", "nose"], "connection_attribute": "near"}]},
    "cuboid": {"objects_to_annotate": ["van"], "min_height": 1, "min_width": 1, **CAMERA},
    "ellipse": {"objects_to_annotate": ["wheel"]},
    "examples": [],
}
LINKS = {"pulls": {"is_bidirectional": False, "from_allowed_labels": ["car"], "to_allowed_labels": ["bicycle"]}}
LAYERS = {"boxes": [{"left": 1, "top": 1, "width": 3, "height": 3, "label": "car"}], "lines": [], "polygons": [], "cuboids": []}
PADDING = {"padding": 5, "padding_x": 6, "padding_y": 7}
BASE_ANNOTATIONS = {
    "base_annotations": {"annotations": [{"type": "box", "label": "car", "left": 1, "top": 1, "width": 5, "height": 4}]},
    "can_add_base_annotations": True,
    "can_edit_base_annotations": True,
    "can_edit_base_annotation_labels": False,
    "can_delete_base_annotations": False,
}
EXAMPLES = [{"correct": True, "image": PNG, "explanation": "Tight."}, {"correct": False, "image": PNG, "explanation": "Loose."}]
LEGACY = {"attachment": PNG, "attachment_type": "image", "objects_to_annotate": LABELS, "with_labels": True, "examples": EXAMPLES, "annotation_attributes": ATTRIBUTES, "layers": LAYERS}
FIELD_SETS = [
    {"type": "text", "field_id": "t", "title": "Text", "description": "d", "hint": "h", "required": True, "max_characters": 50},
    {"type": "number", "field_id": "n", "title": "Number", "min": 1, "max": 5},
    {"type": "category", "field_id": "c", "title": "Category", "min_responses_required": 1, "max_responses_required": 2, "choices": [{"label": "A", "value": "a", "hint": "first"}, {"label": "B", "value": "b", "subchoices": [{"label": "B1", "value": "b1"}]}]},
    {"type": "boolean", "field_id": "b", "title": "Boolean", "conditions": [{"n": 1}]},
    {"type": "datetime", "field_id": "d", "title": "When"},
    {"type": "field_set", "field_id": "s", "title": "Set", "inline": True, "fields": [{"type": "text", "field_id": "s1", "title": "1"}, {"type": "number", "field_id": "s2", "title": "2"}]},
    {"type": "form", "field_id": "f", "title": "Form", "fields": [{"type": "text", "field_id": "f1", "title": "In the form"}]},
]
FULL = {
    "imageannotation": {"attachment": PNG, "attachment_type": "image", "geometries": GEOMETRIES, "annotation_attributes": ATTRIBUTES, "links": LINKS, "context_attachments": [{"attachment": PNG}], **PADDING, "layers": LAYERS, "hypothesis": {"annotations": []}, **BASE_ANNOTATIONS},
    "annotation": {**LEGACY, "min_width": "30", "min_height": 30},
    "polygonannotation": {**LEGACY, "min_vertices": 3, "max_vertices": 30},
    "lineannotation": {**LEGACY, "min_vertices": 2, "max_vertices": 30, "splines": True},
    "pointannotation": LEGACY,
    "cuboidannotation": {**LEGACY, "min_width": 1, "min_height": 1, **CAMERA},
    "segmentannotation": {"attachment": PNG, "attachment_type": "image", "labels": ["road", {"choice": "person", "instance_label": True, "display": "Person"}], "allow_unlabeled": True, "annotation_attributes": {"moving": ATTRIBUTES["moving"]}, "instance_labels": ["road"], "context_attachments": [{"attachment": PNG}]},
    "videoannotation": {"attachments": [PNG, PNG + "?2"], "attachment_type": "image", "geometries": GEOMETRIES, "frame_rate": 5, "events_to_annotate": ["start"], "annotation_attributes": ATTRIBUTES, "links": LINKS, **PADDING, "layers": {"url": FILES + "/layers.json"}, **{key: value for key, value in BASE_ANNOTATIONS.items() if key != "base_annotations"}},
    "videoplaybackannotation": {"attachment": FILES + "/video.mp4", "attachment_type": "video", "geometries": GEOMETRIES, "frame_rate": 1, "annotation_frame_rate": 2, "video_frame_rate": 30, "with_labels": True, "events_to_annotate": ["start", "stop"], "annotation_attributes": ATTRIBUTES},
    "videoboxannotation": {**{key: value for key, value in LEGACY.items() if key != "attachment"}, "attachments": [PNG, PNG], "min_width": 1, "min_height": 1, "frame_rate": 1},
    "videocuboidannotation": {**{key: value for key, value in LEGACY.items() if key != "attachment"}, "attachments": [PNG, PNG], "frame_rate": 1, **CAMERA},
    "categorization": {"attachment": PNG, "attachment_type": "image", "taxonomies": {"kind": {"description": "Kind", "choices": LABELS, "allow_multiple": True}, "size": {"choices": ["small", "large"]}}, "layers": LAYERS},
    "comparison": {"attachments": [PNG, PNG], "attachment_type": "image", "choices": ["left", "right"], "fields": {"why": "Why?"}},
    "transcription": {"attachment": FILES + "/doc.pdf", "attachment_type": "pdf", "fields": {"title": "Title"}, "repeatable_fields": {"author": "An author"}},
    "datacollection": {"attachment": "A company", "attachment_type": "text", "fields": {"hours": "Hours"}},
    "documenttranscription": {"attachments": [PNG, PNG], "features": [{"type": "block", "label": "barcode"}, {"type": "line", "label": "total"}], "annotation_attributes": {"note": ATTRIBUTES["note"]}, "hypothesis": {"annotations": []}},
    "namedentityrecognition": {"text": "Anna met Ben in Köln 🎉.", "labels": [{"name": "person", "description": "A person", "attributes": []}, {"name": "city", "description": "A city", "display": "City"}], "relationships": [{"name": "met", "directed": True}]},
    "textcollection": {"attachments": [{"type": "image", "content": PNG}, {"type": "text", "content": "Read **this**.", "forms": ["f"]}, {"type": "website", "content": "https://example.com"}], "fields": FIELD_SETS, "title": "Title", "description": "Description", "responses_required": 1},
    "lidarannotation": {"attachments": [FILES + "/1.json", FILES + "/2.json"], "attachment_type": "json", "labels": LABELS, "annotation_attributes": ATTRIBUTES, "pitch_and_roll_enabled": False},
    "lidartopdown": {"attachment": FILES + "/1.json", "geometries": {"polygon": {"objects_to_annotate": ["road"]}, "line": {"objects_to_annotate": ["lane"]}, "point": {"objects_to_annotate": ["sign"]}}},
    "lidarsegmentation": {"lidar_task": "0123456789abcdef01234567", "lidar_task_frames": [0, 1]},
}


@check
def every_parameter_of_every_type_comes_back_unchanged():
    project = name("all types")
    test_client.create_project(project, TaskType.ImageAnnotation, {})
    batch = test_client.create_batch(project, name("all types"))
    for kind in TaskType:
        if kind.value not in FULL:
            continue
        common = {"project": project, "batch": batch.name, "instruction": "# Do it\n\n* well", "callback_url": FILES + "/callback", "metadata": {"a": {"b": [1, None, "ü"]}}, "unique_id": name(kind.value), "clear_unique_id_on_error": True, "tags": ["a", "b"], "priority": 30, "force": True}
        task = test_client.create_task(kind, **FULL[kind.value], **common)
        for moment in [task, test_client.get_task(task.id), test_client.tasks(unique_id=name(kind.value))[0]]:
            body = moment.as_dict()
            equal(body["params"], {**{key: value for key, value in FULL[kind.value].items() if value is not None}, "force": True})
            for key in ["project", "batch", "instruction", "callback_url", "metadata", "unique_id", "tags", "priority"]:
                equal(body[key], common[key])
            equal((body["is_test"], body["type"], body["processed_attachments"], body["urgency"]), (True, kind.value, [], "standard"))
        equal(body["status"], "completed")
        assert body["response"] is not None and body["completed_at"] >= body["created_at"]
        if kind.value == "documenttranscription":
            equal([set(page) for page in body["document_pages"]], [{"width", "height"}] * 2)


# What is wrong, by type: parameters to add to (None: take away from) those of the type, and the words that must be said.
WRONG = [
    ("imageannotation", {"attachment": None}, "Please include an attachment or attachments parameter."),
    ("imageannotation", {"attachment": ""}, "attachment"),
    ("imageannotation", {"attachment": 5}, "attachment"),
    ("imageannotation", {"geometries": None}, '"geometries" is required'),
    ("imageannotation", {"geometries": []}, "geometries"),
    ("imageannotation", {"geometries": {"circle": {"objects_to_annotate": ["a"]}}}, "geometries.circle"),
    ("imageannotation", {"geometries": {"box": {}}}, "objects_to_annotate"),
    ("imageannotation", {"geometries": {"box": {"objects_to_annotate": "car"}}}, "objects_to_annotate"),
    ("imageannotation", {"annotation_attributes": {"a": {"type": "colour"}}}, "annotation_attributes.a.type"),
    ("imageannotation", {"attachment_type": "hologram"}, "attachment_type"),
    ("imageannotation", {"metadata": ["a"]}, "metadata"),
    ("imageannotation", {"callback_url": "ftp://example.com"}, "callback_url"),
    ("imageannotation", {"unique_id": ""}, "unique_id"),
    ("imageannotation", {"unique_id": "x" * 501}, "unique_id"),
    ("imageannotation", {"tags": "a"}, "tags"),
    ("imageannotation", {"tags": [1]}, "tags"),
    ("imageannotation", {"priority": "high"}, "priority"),
    ("imageannotation", {"project_version": -2}, "project_version"),
    ("annotation", {"objects_to_annotate": None}, '"objects_to_annotate" is required'),
    ("annotation", {"min_width": "wide"}, "min_width"),
    ("segmentannotation", {"labels": None}, '"labels" is required'),
    ("segmentannotation", {"labels": ["l%d" % number for number in range(51)]}, "labels"),
    ("videoannotation", {"attachments": None}, "Please include an attachment or attachments parameter."),
    ("videoannotation", {"attachments": "http://x/y.png"}, "attachments"),
    ("videoannotation", {"frame_rate": -1}, "frame_rate"),
    ("categorization", {"attachment_type": None}, '"attachment_type" is required'),
    ("categorization", {"categories": None}, "categories"),
    ("comparison", {"choices": None}, "choices"),
    ("transcription", {"fields": None, "repeatable_fields": None}, "fields"),
    ("datacollection", {"fields": None}, '"fields" is required'),
    ("documenttranscription", {"features": None}, '"features" is required'),
    ("namedentityrecognition", {"text": None}, '"text" is required'),
    ("namedentityrecognition", {"labels": None}, '"labels" is required'),
    ("textcollection", {"fields": []}, "fields"),
    ("textcollection", {"fields": [{"type": "text", "title": "T"}]}, "field_id"),
    ("textcollection", {"fields": [{"type": "poem", "field_id": "a", "title": "T"}]}, "type"),
    ("lidarannotation", {"labels": None}, '"labels" is required'),
    ("lidartopdown", {}, '"project" is required'),
    ("lidarsegmentation", {"labels": None}, "labels"),
]


@check
def what_is_wrong_is_named():
    for kind, change, words in WRONG:
        if kind not in [one.value for one in TaskType]:
            continue
        params = {key: value for key, value in {**TYPES[kind], **change}.items() if value is not None}
        error = fails(ScaleInvalidRequest, lambda: client.create_task(TaskType(kind), unique_id=params.pop("unique_id", name("refused")), **params), words)
        equal(error.code, 400)
    # None of them took the unique id.
    equal(make(unique_id=name("refused")).unique_id, name("refused"))
    fails(ScaleInvalidRequest, lambda: client.api.post_request("task/jigsaw", body={"attachment": PNG}), "imageannotation")


@check
def names_that_need_care():
    for text in ["50% / + & = ? #", "Größe 日本 🎉", "a//b", "back\\slash", "%2F", 'quo"te\'s', "task", "semi;colon,comma", "status"]:
        project, batch = name(text), name("b " + text)
        client.create_project(project, TaskType.ImageAnnotation, {"geometries": BOX})
        equal(client.get_project(project).name, project)
        equal(client.update_project(project, patch=True, k=1).params["k"], 1)
        equal(client.create_batch(project, batch).name, batch)
        fails(ScaleDuplicateResource, lambda: client.create_batch(project, batch))
        equal(client.get_batch(batch).project, project)
        equal(client.batch_status(batch)["status"], "in_progress")
        equal(client.finalize_batch(batch).name, batch)
        equal([one.name for one in client.batches(project=project)], [batch])
        unique = "id " + project
        task = client.create_task(TaskType.ImageAnnotation, batch=batch, attachment=PNG, unique_id=unique, tags=[project])
        for found in [client.tasks(project=project), client.tasks(batch=batch), client.tasks(unique_id=unique), client.tasks(tags=[project])]:
            equal([one.id for one in found], [task.id])
        if has("set_batch_metadata"):
            equal(client.set_batch_metadata(batch, {}).metadata, {})


@check
def every_filter_and_several_at_once():
    project = name("filters")
    client.create_project(project, TaskType.ImageAnnotation, {"geometries": BOX})
    batch = client.create_batch(project, name("filters")).name
    one = client.create_task(TaskType.ImageAnnotation, project=project, attachment=PNG, tags=["x", "y"], unique_id=name("one"))
    two = client.create_task(TaskType.ImageAnnotation, batch=batch, attachment=PNG, tags=["y"], unique_id=name("two"))
    text = client.create_task(TaskType.Categorization, project=project, **TYPES["categorization"])
    client.cancel_task(text.id)
    ids = lambda **query: [task.id for task in client.tasks(project=project, **query)]
    equal(ids(), [text.id, two.id, one.id])
    equal(ids(status="pending"), [two.id, one.id])
    equal(ids(status="canceled"), [text.id])
    equal(ids(status="completed"), [])
    equal(ids(type="categorization"), [text.id])
    equal(ids(batch=batch), [two.id])
    equal(ids(batch=batch, tags=["x"]), [])
    equal(ids(tags=["x", "nobody"]), [one.id])
    equal(ids(tags="y"), [two.id, one.id])
    equal(ids(unique_id=[name("one"), name("two"), "nobody"]), [two.id, one.id])
    equal(ids(unique_id=name("one"), status="canceled"), [])
    equal(ids(customer_review_status="pending,accepted"), [])
    equal(ids(limit=2), [text.id, two.id])
    # Both ends belong to a stretch of time.
    equal(ids(start_time=two.as_dict()["created_at"], end_time=two.as_dict()["created_at"])[-1], two.id)
    equal(ids(start_time="2020-01-01T00:00:00.000Z", end_time="2020-01-01T02:00:00+02:00"), [])
    now = datetime.datetime.now(datetime.timezone.utc)
    equal(ids(end_time=(now + datetime.timedelta(days=1)).isoformat()), [text.id, two.id, one.id])
    equal(ids(updated_after=(now - datetime.timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S.%f")), [text.id, two.id, one.id])
    equal(ids(updated_before="2020-01-01"), [])
    equal(ids(completed_after="2020-01-01"), [])
    equal(ids(completed_before="2099-01-01"), [])
    for key, value in [("status", "done"), ("limit", 0), ("limit", "many"), ("start_time", "2021-02-30"), ("end_time", "now"), ("customer_review_status", "pending,fine"), ("next_token", "e30")]:
        fails(ScaleInvalidRequest, lambda: client.tasks(project=project, **{key: value}), key)
    equal(client.tasks(project=project, limit=100).limit, 100)
    if has("get_tasks_count"):
        equal(client.get_tasks_count(project_name=project, status=scaleapi.tasks.TaskStatus.Pending), 2)
        equal(client.get_tasks_count(project_name=project, batch_name=batch, task_type=TaskType.ImageAnnotation, tags=["y"], unique_id=[name("two")], created_after="2020-01-01", created_before="2099-01-01", updated_after="2020-01-01", updated_before="2099-01-01"), 1)


@check
def a_list_goes_on_while_things_change():
    project = name("moving")
    client.create_project(project, TaskType.ImageAnnotation, {"geometries": BOX})
    made = [client.create_task(TaskType.ImageAnnotation, project=project, attachment=PNG).id for _ in range(12)]
    seen, token = [], None
    while True:
        # As programs do it that take the end of the stretch anew each time.
        page = client.tasks(project=project, limit=5, next_token=token, end_time=datetime.datetime.utcnow() + datetime.timedelta(hours=1))
        seen += [task.id for task in page]
        token = page.next_token
        client.create_task(TaskType.ImageAnnotation, project=project, attachment=PNG)
        if not token:
            break
    equal(seen, made[::-1])


@check
def one_of_eight_threads_gets_the_unique_id():
    def attempt(_number):
        try:
            return connect(settings["liveKey"]).create_task(TaskType.ImageAnnotation, unique_id=name("raced"), **TYPES["imageannotation"]).id
        except ScaleDuplicateResource as error:
            return error.message

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(attempt, range(8)))
    (found,) = client.tasks(unique_id=name("raced"))
    refusal = 'The unique_id ("%s") is already used for a different task (%s).' % (name("raced"), found.id)
    equal(sorted(results), sorted([found.id] + [refusal] * 7))


@check
def what_a_task_takes_from_its_project():
    project = name("inherit")
    given = {"instruction": "Of the project.", "geometries": BOX, "annotation_attributes": {"a": {"choices": ["b", "c"]}}, "callback_url": FILES + "/callback", "padding": 3, "list": [1, 2]}
    client.create_project(project, TaskType.ImageAnnotation, given)
    task = client.create_task(TaskType.ImageAnnotation, project=project, attachment=PNG, list=[3])
    equal(task.params, {"attachment": PNG, "geometries": BOX, "annotation_attributes": given["annotation_attributes"], "padding": 3, "list": [3]})
    equal((task.instruction, task.callback_url, task.project_param_version), ("Of the project.", FILES + "/callback", 0))
    second = client.update_project(project, patch=True, list=[9], geometries={"polygon": {"objects_to_annotate": ["tree"]}})
    equal((second.version, second.params["list"], second.params["geometries"], second.params["padding"]), (1, [9], {"polygon": {"objects_to_annotate": ["tree"]}}, 3))
    equal([entry["version"] for entry in client.update_project(project).as_dict()["param_history"]], [0, 1, 2])
    equal(set(client.get_project(project).params), {"version", "created_at"})
    fails(ScaleInvalidRequest, lambda: client.create_task(TaskType.ImageAnnotation, project=project, attachment=PNG), '"geometries" is required')
    equal(client.create_task(TaskType.ImageAnnotation, project=project, attachment=PNG, project_version=0).params["list"], [1, 2])
    equal(client.get_task(task.id).params["list"], [3])


@check
def batches_in_all_their_forms():
    project = name("batch forms")
    client.create_project(project, TaskType.ImageAnnotation, {"geometries": BOX})
    fails(ScaleInvalidRequest, lambda: client.api.post_request("batches", body={"name": name("no project")}), '"project" is required')
    fails(ScaleInvalidRequest, lambda: client.api.post_request("batches", body={"project": project}), '"name" is required')
    fails(ScaleInvalidRequest, lambda: client.create_batch(project, name("bad callback"), callback="nowhere"), "callback")
    batch = client.create_batch(project, name("form"))
    equal((batch.status, batch.project), ("in_progress", project))
    equal(client.finalize_batch(batch.name).status, "in_progress")
    one = client.create_task(TaskType.ImageAnnotation, batch=batch.name, attachment=PNG)
    fails(ScaleInvalidRequest, lambda: client.create_task(TaskType.ImageAnnotation, project=name("another"), batch=batch.name, attachment=PNG), "project")
    start = client.get_batch(batch.name).created_at
    equal([one.name for one in client.batches(project=project, start_time=start, end_time=start)], [batch.name])
    equal([one.name for one in client.batches(project=project, status="in_progress")], [batch.name])
    equal([one.name for one in client.batches(project=project, status="completed")], [])
    equal(raw("GET", "batches?audited_after=2020-01-01&project=" + project.replace(" ", "+"))[1]["totalDocs"], 0)
    fails(ScaleInvalidRequest, lambda: client.batches(status="finished"), "status")
    fails(ScaleInvalidRequest, lambda: client.batches(limit=0), "limit")
    client.cancel_task(one.id)
    # Canceled alone does not complete it: something must have been done.
    equal(client.batch_status(batch.name), {"status": "in_progress", "pending": 0, "completed": 0, "error": 0, "canceled": 1})
    broken = client.create_task(TaskType.ImageAnnotation, batch=batch.name, attachment=FILES + "/missing.png")
    until(lambda: client.get_task(broken.id).status == "error")
    until(lambda: client.batch_status(batch.name)["status"] == "completed")
    client.create_task(TaskType.ImageAnnotation, batch=batch.name, attachment=PNG)
    equal(client.get_batch(batch.name).status, "in_progress")


@check
def tasks_that_ended():
    broken = make(attachment=FILES + "/missing.png", unique_id=name("broken"))
    until(lambda: client.get_task(broken.id).status == "error")
    fails(ScaleInvalidRequest, lambda: client.cancel_task(broken.id))
    equal(client.get_task(broken.id).unique_id, name("broken"))
    status, answer = raw("POST", "task/%s/send_callback" % make().id)
    equal((status, answer["status_code"]), (400, 400))
    done = make(test_client)
    if has("audit_task"):
        fails(ScaleInvalidRequest, lambda: client.audit_task(broken.id, True))
        fails(ScaleResourceNotFound, lambda: client.audit_task(done.id, True))
        fails(ScaleInvalidRequest, lambda: test_client.audit_task(done.id, "yes"), "accepted")
        test_client.audit_task(done.id, True, "Good.")
        audited = test_client.get_task(done.id).as_dict()
        equal((audited["customer_review_status"], audited["audits"][0]["audit_result"], audited["audits"][0]["audit_time_secs"]), ("accepted", "accepted", None))
        equal([task.id for task in test_client.tasks(customer_review_status="accepted,fixed", limit=1)], [done.id])
    if has("update_task_unique_id"):
        equal(client.update_task_unique_id(broken.id, name("broken")).unique_id, name("broken"))
        fails(ScaleInvalidRequest, lambda: client.update_task_unique_id(broken.id, ""), "unique_id")
        fails(ScaleResourceNotFound, lambda: other.update_task_unique_id(broken.id, "mine"))
        fails(ScaleResourceNotFound, lambda: other.clear_task_unique_id(broken.id))
    if has("set_task_metadata"):
        fails(ScaleInvalidRequest, lambda: client.set_task_metadata(broken.id, {"k": "x" * 10_300}), "metadata")
        fails(ScaleResourceNotFound, lambda: other.set_task_metadata(broken.id, {"k": 1}))
    if has("set_task_tags"):
        fails(ScaleInvalidRequest, lambda: client.set_task_tags(broken.id, ["a", 5]), "tags")
        fails(ScaleInvalidRequest, lambda: client.set_task_tags(broken.id, list("abcdef")), "tags")
        fails(ScaleResourceNotFound, lambda: other.set_task_tags(broken.id, ["a"]))


def native_id(object_id):
    """The id of a task in the native API: 24 digits and their check sum (FNV-1a over 12 bytes)."""
    data = bytes.fromhex(object_id)
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    text = object_id + "%08x" % value
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


@check
def prelabels_that_do_not_fit_are_told():
    hypothesis = {"annotations": [{"type": "polygon", "vertices": [{"x": 1, "y": 1}, {"x": 9, "y": 1}, {"x": 9, "y": 8}]}, {"type": "box", "label": "car", "left": 100, "top": 100, "width": 5, "height": 5}]}
    task = make(hypothesis=hypothesis)
    until(lambda: native("GET", "/v1/tasks/%s" % native_id(task.id))["itemId"])
    assert client.get_task(task.id).as_dict()["hypothesis_error"].startswith("1 of the pre-labels")


@check
def quality_tasks_of_every_type():
    if not has("create_evaluation_task"):
        return
    for kind in ["DocumentTranscription", "SegmentAnnotation", "VideoPlaybackAnnotation", "ImageAnnotation", "TextCollection", "NamedEntityRecognition"]:
        type_ = getattr(TaskType, kind)
        for create in [client.create_evaluation_task] + ([client.create_training_task] if has("create_training_task") else []):
            task = create(type_, expected_response={"annotations": []}, **TYPES[type_.value])
            equal(task.expected_response, {"annotations": []})
            fails(ScaleInvalidRequest, lambda: create(type_, expected_response={"annotations": []}), "")
            fails(ScaleResourceNotFound, lambda: client.get_task(task.id))
    equal(raw("POST", "evaluation_tasks/jigsaw", {"expected_response": {}})[0], 400)


@check
def files_of_every_kind():
    if not has("upload_file"):
        return
    fails(ScaleResourceNotFound, lambda: client.upload_file(file=io.BytesIO(b"x"), project_name="nobody's"))
    fails(ScaleInvalidRequest, lambda: client.upload_file(file=io.BytesIO(b"x"), metadata="no JSON"), "")
    fails(ScaleInvalidRequest, lambda: client.import_file(file_url="nowhere"), "file_url")
    fails(ScaleInvalidRequest, lambda: client.api.post_request("files/import", body={}), '"file_url" is required')
    status, answer = raw("POST", "files/upload", {"file": "x"})
    equal((status, answer["status_code"]), (400, 400))
    file = client.upload_file(file=io.BytesIO(fetch(PNG)[1]), display_name="../../ü.png")
    equal((file.as_dict()["mime_type"], file.as_dict()["project_names"]), ("image/png", []))
    # Another tenant cannot attach it.
    foreign = make(other, attachment=file.attachment_url)
    until(lambda: other.get_task(foreign.id).status == "error")
    document = client.create_task(TaskType.DocumentTranscription, attachments=[file.attachment_url, PNG], features=TYPES["documenttranscription"]["features"])
    pages = until(lambda: client.get_task(document.id).as_dict().get("document_pages"))
    equal(pages, [{"width": 20, "height": 10}] * 2)
    equal(client.tasks(limit=1, type="documenttranscription")[0].as_dict()["document_pages"], pages)
