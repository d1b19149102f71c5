"""Drives scaleapi 1.0.3 through the steps of its README."""
import json

import scaleapi

from checks import check, equal, fetch, settings, until
from harness import BASE, BOX, FILES, PNG, TYPES, response_is_right

scaleapi.SCALE_ENDPOINT = BASE + "/"
client = scaleapi.ScaleClient(settings["liveKey"])
test_client = scaleapi.ScaleClient(settings["testKey"])
serial = settings["mark"]


def name(text):
    return "%s %s" % (text, serial)


def fails(kind, code, work):
    try:
        work()
    except kind as error:
        equal((type(error), error.code), (kind, code))
        return str(error)
    raise AssertionError("%s was not raised" % kind.__name__)


def make(client=client, **more):
    return client.create_imageannotation_task(**{**TYPES["imageannotation"], **more})


@check
def every_type_completes_in_test_mode_with_its_response():
    for kind in scaleapi.TASK_TYPES:
        task = getattr(test_client, "create_%s_task" % kind)(instruction="Do it.", callback_url="http://www.example.com/callback", **TYPES[kind])
        equal((task.type, task.status, task.params["attachment_type"] if "attachment_type" in TYPES[kind] else None), (kind, "pending", TYPES[kind].get("attachment_type")))
        task.refresh()
        equal(task.status, "completed")
        response_is_right(kind, task.param_dict)


@check
def attributes_look_into_params_and_pending_tasks_have_no_response():
    task = make(metadata={"k": 1})
    equal((task.metadata, task.geometries), ({"k": 1}, BOX))
    try:
        task.response
    except AttributeError:
        return
    raise AssertionError("a pending task has a response")


@check
def errors():
    message = fails(scaleapi.ScaleInvalidRequest, 400, lambda: client.create_imageannotation_task(geometries=BOX))
    equal(message, "<Response [400]> Please include an attachment or attachments parameter.")
    fails(scaleapi.ScaleException, 401, lambda: scaleapi.ScaleClient("nobody").fetch_task("x"))
    fails(scaleapi.ScaleException, 404, lambda: client.fetch_task("fake_id_qwertyuiop"))
    make(unique_id=name("u"))
    fails(scaleapi.ScaleException, 409, lambda: make(unique_id=name("u")))


@check
def cancel():
    task = make()
    task.cancel()
    equal(client.fetch_task(task.id).status, "canceled")
    equal(client.cancel_task(task.id).status, "canceled")
    fails(scaleapi.ScaleInvalidRequest, 400, lambda: test_client.cancel_task(make(test_client).id))


@check
def the_loop_of_the_readme_ends():
    made = [make(project=None, tags=[name("loop")]).id for _ in range(105)]
    seen, token = [], None
    while True:
        tasks = client.tasks(start_time="2020-09-08", end_time="2099-01-01", tags=name("loop"), next_token=token)
        seen += [task.__dict__["param_dict"]["task_id"] for task in tasks]
        token = tasks.next_token
        if token is None:
            break
    equal(seen, made[::-1])
    by_offset = client.tasks(tags=name("loop"), limit=10, offset=100)
    equal(([task.id for task in by_offset], by_offset.has_more, by_offset.offset), (made[:5][::-1], False, 100))
    equal(len(client.tasks(customer_review_status="accepted", tags=name("loop"))), 0)


@check
def batches():
    client.create_project(name("b"), "imageannotation", {"geometries": BOX})
    batch = client.create_batch(project=name("b"), batch_name=name("batch"), callback=FILES + "/callback")
    equal(batch.name, name("batch"))
    equal(client.finalize_batch(batch_name=name("batch")).name, name("batch"))
    equal(client.get_batch(name("batch")).name, name("batch"))
    client.create_imageannotation_task(project=name("b"), batch=name("batch"), attachment=PNG)
    status = client.get_batch(name("batch"))
    status.get_status()
    equal((status.pending, status.completed), (1, 0))
    equal([one.name for one in client.list_batches(project=name("b"), status="in_progress")], [name("batch")])


@check
def projects():
    project = client.create_project(project_name=name("p"), type="imageannotation", params={"instruction": "Please label all the stuff", "geometries": BOX})
    equal((project.name, project.param_dict["type"]), (name("p"), "imageannotation"))
    equal(client.get_project(project_name=name("p")).name, name("p"))
    assert name("p") in [one["name"] for one in client.projects()]
    data = client.update_project(project_name=name("p"), patch=False, instruction="update: Please label all the stuff")
    equal([entry["version"] for entry in data["param_history"]], [0, 1])
    equal(data["param_history"][-1]["instruction"], "update: Please label all the stuff")


@check
def a_test_task_calls_back():
    task = make(test_client, callback_url=FILES + "/callback")
    sent = until(lambda: [one for one in json.loads(fetch(FILES + "/received")[1]) if one["body"].get("task_id") == task.id])
    equal((sent[0]["headers"]["scale-callback-auth"], sent[0]["body"]["task"]["status"]), (settings["testAuth"], "completed"))


@check
def unreachable_attachments_end_in_error():
    task = make(attachment=FILES + "/missing.png")
    until(lambda: client.fetch_task(task.id).status == "error")
    equal(client.fetch_task(task.id).response["attachments"], [{"statusCode": 404, "url": FILES + "/missing.png"}])
