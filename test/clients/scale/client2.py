"""Drives scaleapi 2.x through every row of the protocol. What a version does not have yet is left out, by name."""
import datetime
import io
import json

import scaleapi
import scaleapi.api
import scaleapi.exceptions
from scaleapi.exceptions import ScaleInvalidRequest, ScaleResourceNotFound, ScaleUnauthorized
from scaleapi.tasks import TaskReviewStatus, TaskStatus, TaskType

from checks import check, equal, fetch, settings, until
from harness import BASE, BOX, FILES, PNG, TYPES, native, raw, response_is_right

# What the first versions called it.
ScaleDuplicateResource = getattr(scaleapi.exceptions, "ScaleDuplicateResource", None) or scaleapi.exceptions.ScaleDuplicateTask

if hasattr(scaleapi.api, "SCALE_ENDPOINT"):
    scaleapi.api.SCALE_ENDPOINT = BASE


def connect(key):
    try:
        return scaleapi.ScaleClient(key, "source", api_instance_url=BASE)
    except TypeError:
        return scaleapi.ScaleClient(key, "source")


client = connect(settings["liveKey"])
test_client = connect(settings["testKey"])
other = connect(settings["otherKey"])
serial = settings["mark"]
has = lambda name: hasattr(client, name)


def fails(kind, work, *words):
    try:
        work()
    except kind as error:
        equal(type(error), kind)
        message = error.message if hasattr(error, "message") else str(error)
        for word in words:
            assert word in str(message), "%r does not say %r" % (message, word)
        return error
    raise AssertionError("%s was not raised" % kind.__name__)


def name(text):
    return "%s %s" % (text, serial)


def make(client=client, **more):
    return client.create_task(TaskType.ImageAnnotation, **{**TYPES["imageannotation"], **more})


@check
def every_type_completes_in_test_mode_with_its_response():
    for kind in TaskType:
        extra = {}
        if kind.value == "lidartopdown":
            if name("lidar") not in [project.name for project in test_client.projects()]:
                test_client.create_project(name("lidar"), TaskType.LidarTopdown, {})
            extra = {"project": name("lidar")}
        task = test_client.create_task(kind, instruction="Do it.", metadata={"k": kind.value}, **TYPES[kind.value], **extra)
        equal((task.type, task.status, task.metadata, task.instruction), (kind.value, "pending", {"k": kind.value}, "Do it."))
        for key, value in TYPES[kind.value].items():
            equal(task.params[key], value)
        assert "response" not in task.as_dict()
        # 2.0.0 cannot refresh: it calls a method that it does not have.
        task = test_client.get_task(task.id)
        equal(task.status, TaskStatus.Completed.value)
        assert task.completed_at.endswith("Z")
        response_is_right(kind.value, task.as_dict())


@check
def missing_parameters_are_invalid_requests():
    fails(ScaleInvalidRequest, lambda: test_client.create_task(TaskType.ImageAnnotation, geometries=BOX), "attachment")
    fails(ScaleInvalidRequest, lambda: test_client.create_task(TaskType.ImageAnnotation, attachment=PNG), '"geometries" is required')
    for kind in ["Annotation", "PolygonAnnotation", "LineAnnotation", "Categorization", "Transcription", "DataCollection", "DocumentTranscription"]:
        error = fails(ScaleInvalidRequest, lambda: test_client.create_task(getattr(TaskType, kind), instruction="x"))
        equal((error.code, error.message), (400, "Please include an attachment or attachments parameter."))
    fails(ScaleInvalidRequest, lambda: test_client.create_task(TaskType.DocumentTranscription, attachment=PNG), "features")
    fails(ScaleInvalidRequest, lambda: make(test_client, metadata="text"), "metadata")
    fails(ScaleInvalidRequest, lambda: make(test_client, metadata={"k": "x" * 11_000}), "metadata")
    fails(ScaleInvalidRequest, lambda: make(test_client, tags=list("abcdef")), "tags")
    fails(ScaleInvalidRequest, lambda: make(test_client, callback_url="not a url"), "callback_url")
    fails(ScaleInvalidRequest, lambda: make(test_client, project="nobody's"), "project")
    fails(ScaleInvalidRequest, lambda: make(test_client, batch="nobody's"), "batch")


@check
def wrong_keys_and_unknown_things():
    error = fails(ScaleUnauthorized, lambda: connect("nobody").get_task("0" * 24))
    equal(error.code, 401)
    fails(ScaleResourceNotFound, lambda: client.get_task("0" * 24))
    fails(ScaleResourceNotFound, lambda: client.get_task("fake_id_qwertyuiop"))
    fails(ScaleResourceNotFound, lambda: client.get_project("nobody's / 1"))
    fails(ScaleResourceNotFound, lambda: client.get_batch("nobody's"))
    fails(ScaleResourceNotFound, lambda: client.cancel_task("0" * 24))


@check
def modes_and_tenants_do_not_see_each_other():
    task = make(unique_id=name("mine"))
    for stranger in [test_client, other]:
        fails(ScaleResourceNotFound, lambda: stranger.get_task(task.id))
        equal([found.id for found in stranger.tasks(unique_id=name("mine"))], [])
        make(stranger, unique_id=name("mine"))
    client.create_project(name("apart"), TaskType.ImageAnnotation, {})
    for stranger in [test_client, other]:
        fails(ScaleResourceNotFound, lambda: stranger.get_project(name("apart")))
        assert name("apart") not in [project.name for project in stranger.projects()]
        stranger.create_project(name("apart"), TaskType.ImageAnnotation, {})
        stranger.create_batch(name("apart"), name("apart batch"))
    fails(ScaleResourceNotFound, lambda: client.get_batch(name("apart batch")))


@check
def unique_ids_and_cancel():
    first = make(unique_id=name("u"))
    equal(first.unique_id, name("u"))
    error = fails(ScaleDuplicateResource, lambda: make(unique_id=name("u")))
    equal((error.code, error.message), (409, 'The unique_id ("%s") is already used for a different task (%s).' % (name("u"), first.id)))
    fails(ScaleInvalidRequest, lambda: client.create_task(TaskType.ImageAnnotation, unique_id=name("refused")))
    make(unique_id=name("refused"))
    canceled = client.cancel_task(first.id)
    equal(canceled.status, "canceled")
    equal(client.cancel_task(first.id).status, "canceled")
    fails(ScaleDuplicateResource, lambda: make(unique_id=name("u")))
    if has("clear_task_unique_id"):
        cleared = client.cancel_task(first.id, True)
        assert "unique_id" not in cleared.as_dict()
        again = make(unique_id=name("u"))
        fails(ScaleDuplicateResource, lambda: client.update_task_unique_id(first.id, name("u")), again.id)
        equal(client.update_task_unique_id(first.id, name("v")).unique_id, name("v"))
        assert "unique_id" not in client.clear_task_unique_id(first.id).as_dict()
    done = make(test_client)
    fails(ScaleInvalidRequest, lambda: test_client.cancel_task(done.id))


@check
def metadata_and_tags():
    if not has("set_task_metadata"):
        return
    task = make()
    equal(task.metadata, {})
    equal(client.set_task_metadata(task.id, {"a": [1, {"b": None}]}).metadata, {"a": [1, {"b": None}]})
    equal(client.set_task_metadata(task.id, {}).metadata, {})
    if not has("set_task_tags"):
        return
    assert "tags" not in task.as_dict()
    equal(client.set_task_tags(task.id, ["a", "b"]).tags, ["a", "b"])
    equal(client.add_task_tags(task.id, ["b", "c"]).tags, ["a", "b", "c"])
    equal(client.delete_task_tags(task.id, ["a", "never"]).tags, ["b", "c"])
    equal(client.set_task_tags(task.id, []).tags, [])
    equal(client.delete_task_tags(task.id, []).tags, [])
    fails(ScaleInvalidRequest, lambda: client.add_task_tags(task.id, list("abcdef")), "tags")
    tagged = make(tags=[name("tag"), "x"])
    equal([found.id for found in client.tasks(tags=[name("tag"), "none such"])], [tagged.id])


@check
def projects_and_their_versions():
    project = client.create_project(name("p / ä?"), TaskType.ImageAnnotation, {"instruction": "Of the project.", "geometries": BOX, "k": 1})
    equal((project.name, project.type, project.version, project.instruction), (name("p / ä?"), "imageannotation", 0, "Of the project."))
    fails(ScaleDuplicateResource, lambda: client.create_project(name("p / ä?"), TaskType.ImageAnnotation, {}))
    fetched = client.get_project(name("p / ä?"))
    equal(fetched.params["geometries"], BOX)
    assert fetched.params["created_at"].endswith("Z")
    patched = client.update_project(name("p / ä?"), patch=True, k=2)
    equal((patched.version, patched.params["k"], patched.instruction), (1, 2, "Of the project."))
    assert "patch" not in patched.params
    replaced = client.update_project(name("p / ä?"), patch=False, instruction="New.")
    equal((replaced.version, replaced.instruction), (2, "New."))
    assert "k" not in replaced.params
    equal(len(replaced.as_dict()["param_history"]), 3)
    assert name("p / ä?") in [one.name for one in client.projects()]
    fails(ScaleInvalidRequest, lambda: client.api.post_request("projects", body={"name": name("no type")}), "type")
    # Parameters are taken over before they are checked.
    fails(ScaleInvalidRequest, lambda: client.create_task(TaskType.ImageAnnotation, project=name("p / ä?"), attachment=PNG), "geometries")
    old = client.create_task(TaskType.ImageAnnotation, project=name("p / ä?"), attachment=PNG, project_version=1, instruction="Mine.", k="own")
    equal((old.project, old.project_param_version, old.params["geometries"], old.params["k"]), (name("p / ä?"), 1, BOX, "own"))
    equal(old.instruction, "Mine.\n\nOf the project.")
    none = make(project=name("p / ä?"), project_version=-1)
    assert "project_param_version" not in none.as_dict()
    fails(ScaleInvalidRequest, lambda: make(project=name("p / ä?"), project_version=9), "project_version")


@check
def batches():
    client.create_project(name("b"), TaskType.ImageAnnotation, {"geometries": BOX})
    batch = client.create_batch(name("b"), name("batch 1/2"), FILES + "/batch-callback")
    equal((batch.name, batch.status, batch.project), (name("batch 1/2"), "in_progress", name("b")))
    fails(ScaleDuplicateResource, lambda: client.create_batch(name("b"), name("batch 1/2")))
    fails(ScaleResourceNotFound, lambda: client.create_batch("nobody's", name("x")))
    equal(client.batch_status(name("batch 1/2"))["status"], "in_progress")
    first = client.create_task(TaskType.ImageAnnotation, batch=name("batch 1/2"), attachment=PNG)
    equal((first.project, first.batch), (name("b"), name("batch 1/2")))
    second = client.create_task(TaskType.ImageAnnotation, project=name("b"), batch=name("batch 1/2"), attachment=PNG)
    client.cancel_task(second.id)
    batch.get_status()
    equal((batch.tasks_pending, batch.tasks_canceled, batch.tasks_completed), (1, 1, 0))
    equal(client.finalize_batch(name("batch 1/2")).status, "in_progress")
    equal(client.get_batch(name("batch 1/2")).name, name("batch 1/2"))
    for number in range(3):
        client.create_batch(name("b"), name("page %d" % number))
    page = client.batches(project=name("b"), limit=2)
    equal(([one.name for one in page], page.total, page.limit, page.offset, page.has_more), ([name("page 2"), name("page 1")], 4, 2, 0, True))
    last = client.batches(project=name("b"), limit=2, offset=2)
    equal(([one.name for one in last], last.has_more), ([name("page 0"), name("batch 1/2")], False))
    equal(len(client.batches(project="nobody's")), 0)
    if has("get_batches"):
        equal(len(list(client.get_batches(project_name=name("b")))), 4)
    if has("set_batch_metadata"):
        equal(client.set_batch_metadata(name("page 0"), {"k": [1]}).metadata, {"k": [1]})


@check
def staged_batches_of_rapid_projects():
    body = {"name": name("rapid"), "type": "imageannotation", "params": {"geometries": BOX}, "rapid": True}
    test_client.api.post_request("projects", body=body)
    fails(ScaleInvalidRequest, lambda: make(test_client, project=name("rapid")), "batch")
    batch = test_client.create_batch(name("rapid"), name("staged"))
    equal(batch.status, "staging")
    task = test_client.create_task(TaskType.ImageAnnotation, batch=name("staged"), attachment=PNG)
    equal(test_client.get_task(task.id).status, "pending")
    equal(batch.finalize().status, "in_progress")
    until(lambda: test_client.get_batch(name("staged")).status == "completed")
    equal(test_client.get_task(task.id).status, "completed")
    test_client.create_task(TaskType.ImageAnnotation, batch=name("staged"), attachment=PNG)
    until(lambda: test_client.batch_status(name("staged")).get("completed") == 2)


@check
def lists_page_by_page_and_end():
    client.create_project(name("many"), TaskType.ImageAnnotation, {"geometries": BOX})
    start = datetime.datetime.utcnow() - datetime.timedelta(seconds=2)
    made = [client.create_task(TaskType.ImageAnnotation, project=name("many"), attachment=PNG).id for _ in range(205)]
    equal([task.id for task in client.tasks(limit=3)], made[:-4:-1])
    seen, pages, token = [], 0, None
    while True:
        page = client.tasks(project=name("many"), next_token=token)
        equal((page.total, page.limit, page.offset), (205, 100, 0))
        seen += [task.id for task in page]
        pages += 1
        if pages == 1:
            meanwhile = client.create_task(TaskType.ImageAnnotation, project=name("many"), attachment=PNG)
        token = page.next_token
        equal(page.has_more, token is not None)
        if token is None:
            break
    equal((seen, pages), (made[::-1], 3))
    client.cancel_task(meanwhile.id)
    equal(client.tasks(project=name("many"), status="canceled").total, 1)
    equal(client.tasks(project=name("many"), start_time=start, end_time=datetime.datetime.utcnow() + datetime.timedelta(seconds=2)).total, 206)
    equal(client.tasks(project=name("many"), start_time="2020-09-08", end_time="2020-09-08 03:04:05.123456").total, 0)
    equal(client.tasks(project=name("many"), type="annotation").total, 0)
    equal(client.tasks(project="nobody's").total, 0)
    equal(client.tasks(batch="nobody's").total, 0)
    fails(ScaleInvalidRequest, lambda: client.tasks(start_time="yesterday"), "start_time")
    fails(ScaleInvalidRequest, lambda: client.tasks(next_token="nonsense"), "next_token")
    if has("get_tasks"):
        equal([task.id for task in client.get_tasks(project_name=name("many"), status=TaskStatus.Pending)], made[::-1])
        if has("get_tasks_count"):
            equal(client.get_tasks_count(project_name=name("many")), 206)
        equal(len(list(client.get_tasks(project_name=name("many"), unique_id=["nobody's", "nobody's 2"]))), 0)
        equal(len(list(client.get_tasks(project_name=name("many"), created_after="2020-01-01", task_type=TaskType.Annotation))), 0)


@check
def list_says_only_what_was_asked():
    client.create_project(name("limited"), TaskType.ImageAnnotation, {})
    task = make(unique_id=name("limited"), metadata={"k": 1}, project=name("limited"))
    for text, full in [("True", False), ("False", True), ("true", False)]:
        _status, page = raw("GET", "tasks?limited_response=%s&unique_id=%s" % (text, name("limited").replace(" ", "+")))
        (found,) = page["docs"]
        equal(found["task_id"], task.id)
        equal("params" in found, full)
    if has("get_tasks"):
        listed = lambda: list(client.get_tasks(project_name=name("limited")))[0].as_dict()
        until(lambda: "attachment_url" in listed() or "include_attachment_url" not in client.get_tasks.__code__.co_varnames)
    until(lambda: "attachment_url" in raw("GET", "tasks?include_attachment_url=True&project=" + name("limited").replace(" ", "+"))[1]["docs"][0])
    url = raw("GET", "tasks?include_attachment_url=True&project=" + name("limited").replace(" ", "+"))[1]["docs"][0]["attachment_url"]
    equal(fetch(url)[0], "image/png")


@check
def a_person_completes_a_task():
    project = client.create_project(name("human"), TaskType.ImageAnnotation, {"geometries": {**BOX, "polygon": {"objects_to_annotate": ["car"]}}})
    batch = client.create_batch(name("human"), name("human batch"), FILES + "/batch-callback")
    task = client.create_task(TaskType.ImageAnnotation, batch=batch.name, attachment=PNG, callback_url=FILES + "/callback", annotation_attributes={"moving": {"choices": ["yes"]}})
    (fovea,) = [one for one in native("GET", "/v1/projects?limit=1000")["data"] if one["name"] == name("human")]
    claimed = until(lambda: (lambda one: one if one["task"] else None)(native("POST", "/v1/projects/%s/tasks/claim" % fovea["id"], {})))
    recipe = native("GET", "/v1/recipes/%s" % claimed["task"]["recipeId"])
    assert {"car", "cow"} <= {label["name"] for label in recipe["labels"]}
    fails(ScaleInvalidRequest, lambda: client.cancel_task(task.id))
    equal(client.get_task(task.id).as_dict()["work_started"], True)
    item = claimed["task"]["itemId"]
    shapes = [
        {"type": "box", "label": "car", "geometry": {"type": "box", "x": 1.5, "y": 2, "width": 3, "height": 4}, "attributes": {"moving": "yes"}},
        {"type": "polygon", "label": "car", "geometry": {"type": "polygon", "points": [[1, 1], [5, 1], [5, 5]]}},
    ]
    native("POST", "/v1/items/%s/annotations?task=%s" % (item, claimed["task"]["id"]), {"annotations": shapes})
    native("POST", "/v1/tasks/%s/submit" % claimed["task"]["id"], {"lease": claimed["lease"]})
    done = until(lambda: (lambda one: one if "callback_succeeded" in one.as_dict() else None)(client.get_task(task.id)))
    equal((done.status, done.callback_succeeded, done.customer_review_status), ("completed", True, "pending"))
    box, polygon = done.response["annotations"]
    equal({key: box[key] for key in ["type", "label", "left", "top", "width", "height", "attributes"]}, {"type": "box", "label": "car", "left": 1.5, "top": 2, "width": 3, "height": 4, "attributes": {"moving": "yes"}})
    equal(polygon["vertices"], [{"x": 1, "y": 1}, {"x": 5, "y": 1}, {"x": 5, "y": 5}])
    sent = until(lambda: [one for one in json.loads(fetch(FILES + "/received")[1]) if one["body"].get("task_id") == task.id])
    equal(sent[0]["headers"]["scale-callback-auth"], settings["liveAuth"])
    equal(sent[0]["headers"]["content-type"], "application/json")
    equal((sent[0]["body"]["status"], sent[0]["body"]["task"]["task_id"]), ("completed", task.id))
    equal(sent[0]["body"]["response"], sent[0]["body"]["task"]["response"])
    equal(client.get_batch(name("human batch")).status, "completed")
    until(lambda: [one for one in json.loads(fetch(FILES + "/received")[1]) if one["body"].get("batch", {}).get("name") == name("human batch")])
    equal(client.tasks(customer_review_status="pending", project=name("human")).total, 1)
    if has("audit_task"):
        client.audit_task(task.id, False, "Too loose.")
        equal(client.get_task(task.id).customer_review_status, "rejected")
        client.audit_task(task.id, True)
        audited = client.get_task(task.id)
        equal((audited.customer_review_status, len(audited.customer_review_comments)), ("accepted", 1))
        equal([one.id for one in client.get_tasks(project_name=name("human"), review_status=[TaskReviewStatus.Accepted, TaskReviewStatus.Fixed])], [task.id])
        until(lambda: len([one for one in json.loads(fetch(FILES + "/received")[1]) if one["body"].get("task_id") == task.id]) == 3)
        fails(ScaleInvalidRequest, lambda: client.audit_task(make().id, True))
    status, repeated = raw("POST", "task/%s/send_callback" % task.id)
    equal((status, repeated["task_id"]), (200, task.id))
    # The customer corrects: the old answer is kept beside.
    before = client.get_task(task.id).response
    native("POST", "/v1/tasks/%s/review" % claimed["task"]["id"], {"verdict": "fix", "comment": "Fixed."})
    fixed = client.get_task(task.id)
    equal((fixed.customer_review_status, fixed.response["is_customer_fix"], fixed.prior_responses), ("fixed", True, [before]))


@check
def attachments_that_cannot_be_had():
    task = make(attachment=FILES + "/missing.png", callback_url=FILES + "/callback", unique_id=name("lost"), clear_unique_id_on_error=True)
    failed = until(lambda: (lambda one: one if one.status == "error" else None)(client.get_task(task.id)))
    equal(failed.response, {"error": "One or more attachments could not be downloaded.", "attachments": [{"statusCode": 404, "url": FILES + "/missing.png"}]})
    assert "unique_id" not in failed.as_dict()
    sent = until(lambda: [one for one in json.loads(fetch(FILES + "/received")[1]) if one["body"].get("task_id") == task.id])
    equal(sent[0]["body"]["status"], "error")
    equal(client.tasks(status="error", limit=1)[0].id, task.id)
    frames = client.create_task(TaskType.VideoAnnotation, attachments=[PNG, FILES + "/missing.png"], attachment_type="image", geometries=BOX)
    failed = until(lambda: (lambda one: one if one.status == "error" else None)(client.get_task(frames.id)))
    (frame,) = failed.response["frames"]
    equal((frame["frame"], frame["attachment"]), (1, {"statusCode": 404, "url": FILES + "/missing.png"}))


@check
def uploaded_files_are_attachments():
    if not has("upload_file"):
        return
    _media, png = fetch(PNG)
    stream = io.BytesIO(png)
    stream.name = "picture.png"
    client.create_project(name("files"), TaskType.ImageAnnotation, {"geometries": BOX})
    file = client.upload_file(file=stream, project_name=name("files"), display_name="d.png", reference_id=name("ref"), metadata=json.dumps({"a": 1}))
    body = file.as_dict()
    equal((body["mime_type"], body["size"], body["project_names"]), ("image/png", len(png), [name("files")]))
    assert file.attachment_url.startswith("scaledata://")
    fails(ScaleDuplicateResource, lambda: client.upload_file(file=io.BytesIO(png), reference_id=name("ref")))
    nameless = client.upload_file(file=io.BytesIO(b"plain"))
    equal(nameless.as_dict()["size"], 5)
    imported = client.import_file(file_url=PNG, project_name=name("files"))
    fails(ScaleInvalidRequest, lambda: client.import_file(file_url=FILES + "/missing.png"), "file_url")
    for url in [file.attachment_url, imported.attachment_url]:
        task = make(attachment=url)
        equal(client.get_task(task.id).params["attachment"], url)
        until(lambda: "attachment_url" in raw("GET", "tasks?include_attachment_url=True&limit=1")[1]["docs"][0])
    lost = make(attachment=file.attachment_url[:-1] + ("0" if file.attachment_url[-1] != "0" else "1"))
    until(lambda: client.get_task(lost.id).status == "error")


@check
def quality_tasks():
    if not has("create_evaluation_task"):
        return
    expected = {"annotations": {"like": {"type": "category", "field_id": "like", "response": [["yes"]]}}}
    client.api.post_request("projects", body={"name": name("quality"), "type": "textcollection", "rapid": True})
    before = client.tasks(limit=1).total
    task = client.create_evaluation_task(TaskType.TextCollection, project=name("quality"), batch=client.create_batch(name("quality"), name("quality batch")).name, expected_response=expected, initial_response=expected, **TYPES["textcollection"])
    # The client itself looks for `initial_response` where it is not; on the wire it is there.
    equal((task.expected_response, task.as_dict()["initial_response"]), (expected, expected))
    assert task.id
    fails(ScaleInvalidRequest, lambda: client.create_evaluation_task(TaskType.TextCollection, **TYPES["textcollection"]), "expected_response")
    fails(ScaleInvalidRequest, lambda: client.create_evaluation_task(TaskType.Categorization, expected_response=expected))
    if has("create_training_task"):
        equal(client.create_training_task(TaskType.TextCollection, expected_response=expected, **TYPES["textcollection"]).expected_response, expected)
    equal(client.tasks(limit=1).total, before)


@check
def teams():
    if not has("list_teammates"):
        return
    from scaleapi.teams import TeammateRole

    anna, ben = ["%s-%s@example.com" % (who, serial.replace(" ", "-")) for who in ["anna", "ben"]]
    everybody = client.invite_teammates([anna, ben], TeammateRole.Labeler)
    roles = {one.email: one.role for one in everybody}
    equal((roles[anna], roles[ben], "admin" in roles.values()), ("labeler", "labeler", True))
    everybody = client.update_teammates_role([ben], TeammateRole.Manager)
    equal({one.email: one.role for one in everybody}[ben], "manager")
    equal({one.email for one in client.list_teammates()}, {one.email for one in everybody})
    fails(ScaleInvalidRequest, lambda: client.invite_teammates(["x"], TeammateRole.Labeler), "emails")
    fails(ScaleInvalidRequest, lambda: client.invite_teammates([anna], TeammateRole.Admin), "team_role")
    if not has("list_studio_assignments"):
        return
    client.create_project(name("studio"), TaskType.ImageAnnotation, {"geometries": BOX}, studio=True)
    assigned = client.add_studio_assignments([anna, ben], [name("studio")])
    equal(assigned[anna].assigned_projects, [name("studio")])
    group = client.create_project_group(name("studio"), [anna], "Group / 1")
    equal((group.name, group.numWorkers, group.isSingleton), ("Group / 1", 1, True))
    group = client.update_project_group(name("studio"), "Group / 1", [ben], [])
    equal(group.numWorkers, 2)
    equal([one.name for one in client.list_project_groups(name("studio"))], ["Group / 1"])
    fails(ScaleInvalidRequest, lambda: client.create_project_group(name("studio"), ["nobody@example.com"], "Group 2"), "assigned")
    for number in range(3):
        batch = client.create_batch(name("studio"), name("studio %d" % number), calibration_batch=number == 2)
        equal(batch.status, "staging")
    own = lambda batches: [one.name for one in batches if one.project_name == name("studio")]
    equal(own(client.list_studio_batches()), [name("studio 2"), name("studio 0"), name("studio 1")])
    changed = client.assign_studio_batches(name("studio 1"), ["Group / 1"])
    equal((changed.groups, changed.batch_type, changed.total), (["Group / 1"], "Production", 0))
    everything = [one.name for one in client.list_studio_batches()]
    order = everything[::-1]
    equal([one.name for one in client.set_studio_batches_priorities(order)], order)
    equal(own(client.reset_studio_batches_priorities()), [name("studio 2"), name("studio 0"), name("studio 1")])
    left = client.remove_studio_assignments([ben], [name("studio")])
    assert ben not in left or name("studio") not in left[ben].assigned_projects


@check
def templates():
    if not has("get_project_template"):
        return
    client.create_project(name("chat"), TaskType.Chat, {"a": 1})
    template = client.get_project(name("chat")).get_template()
    equal((template.version, template.template_variables), (0, {"a": 1}))
    client.create_project(name("no chat"), TaskType.ImageAnnotation, {})
    fails(ScaleInvalidRequest, lambda: client.get_project_template(name("no chat")))


@check
def an_idempotency_key_gives_the_first_answer_again():
    key = {"idempotency-key": name("key")}
    first = raw("POST", "task/imageannotation", TYPES["imageannotation"], headers=key)
    equal(raw("POST", "task/imageannotation", TYPES["imageannotation"], headers=key), first)
    status, body = raw("POST", "task/imageannotation", {**TYPES["imageannotation"], "k": 1}, headers=key)
    equal((status, body["status_code"]), (409, 409))


@check
def errors_have_their_shape():
    for method, path, body, expected in [("GET", "nothing", None, 404), ("POST", "task/imageannotation", b"{broken", 400), ("POST", "task/nothing", {}, 400), ("POST", "batches", b"", 400), ("DELETE", "projects", None, 404)]:
        status, answer = raw(method, path, body)
        equal((status, answer["status_code"]), (expected, expected))
        assert isinstance(answer["error"], str) and answer["error"]
