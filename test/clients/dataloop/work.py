"""Tasks, assignments and the statuses of items."""
import datetime

from harness import MARK, OLD, check, connect, dl, equal, names, picture, refused

connect()
project = dl.projects.create(project_name="Work " + MARK)
dataset = project.datasets.create(dataset_name="work")
for name in ("a", "b", "c", "d"):
    dataset.items.upload(local_path=picture("work/%s.png" % name, size=(20, 20)))
day = 86_400


def due(days=7):
    return datetime.datetime.now().timestamp() + days * day


def item(name):
    return dataset.items.get(filepath="/%s.png" % name)


def status_of(item, id):
    """The status of an item in a task or an assignment; 1.64 has no word for it but the references themselves."""
    [reference] = [one for one in item.metadata["system"]["refs"] if one["id"] == id]
    status = reference.get("metadata", {}).get("status")
    if not OLD:
        equal(item.status(**{reference["type"] + "_id": id}), status)
    return status


def every(found):
    return list(found.all()) if hasattr(found, "all") else list(found)


@check
def work_is_shared_out_by_load():
    workload = dl.Workload([dl.WorkloadUnit(assignee_id="One@example.com", load=75), dl.WorkloadUnit(assignee_id="two@example.com", load=25)])
    task = dataset.tasks.create(task_name="shared", due_date=due(), workload=workload)
    equal(names(task.get_items()), ["/a.png", "/b.png", "/c.png", "/d.png"])
    shares = {assignment.annotator: assignment for assignment in task.assignments.list()}
    equal({email: share.total_items for email, share in shares.items()}, {"one@example.com": 3, "two@example.com": 1})
    equal(len(names(shares["one@example.com"].get_items())), 3)
    equal(task.total_items, 4)
    got = dataset.tasks.get(task_id=task.id)
    equal((got.name, got.status, got.spec["type"], len(got.assignmentIds)), ("shared", "open", "annotation", 2))
    equal(dataset.tasks.get(task_name="shared").id, task.id)
    refused(404, lambda: dataset.tasks.get(task_name="no such task"))
    assert "shared" in repr(task)


@check
def a_task_over_nothing():
    task = dataset.tasks.create(task_name="nothing", due_date=due(-700), assignee_ids=["one@example.com"], filters=dl.Filters(field="filename", values="/none.png"))
    equal(names(task.get_items()), [])
    assert task.delete()


@check
def statuses_are_set_read_and_taken_back():
    task = dataset.tasks.get(task_name="shared")
    a = item("a")
    assert a.metadata["system"]["refs"] == [{"type": "task", "id": task.id}, {"type": "assignment", "id": a.metadata["system"]["refs"][1]["id"]}], a.metadata["system"]["refs"]
    a.update_status(status=dl.ItemStatus.COMPLETED)
    a = item("a")
    equal(status_of(a, task.id), "completed")
    equal(status_of(a, a.metadata["system"]["refs"][1]["id"]), "completed")
    equal([(entry["action"], entry["status"]["status"]) for entry in a.metadata["system"]["taskStatusLog"]], [("created", "completed")])
    a.update_status(status=dl.ItemStatus.APPROVED, task_id=task.id)
    equal(status_of(item("a"), task.id), "approved")
    a.update_status(status=dl.ItemStatus.APPROVED, clear=True, task_id=task.id)
    equal(status_of(item("a"), task.id), None)
    equal([entry["action"] for entry in item("a").metadata["system"]["taskStatusLog"]], ["created", "created", "deleted"])
    task.set_status(status="discard", operation="create", item_ids=[item("b").id, item("c").id])
    equal(dataset.tasks.get(task_id=task.id).item_status, {"discard": 2})
    refused(400, lambda: task.set_status(status="unheard", operation="create", item_ids=[item("b").id]))


@check
def items_by_task_and_status():
    task = dataset.tasks.get(task_name="shared")
    wanted = {"id": task.id, "type": "task", "metadata": {"status": {"$exists": True}}}
    filters = dl.Filters(use_defaults=False)
    filters.add(field="metadata.system.refs", values=wanted, operator=dl.FiltersOperations.MATCH)
    equal(names(dataset.items.list(filters=filters)), ["/b.png", "/c.png"])
    other = dataset.items.upload(local_path=picture("work/free.png", size=(20, 20)))
    filters = dl.Filters(field="metadata.system.refs", values=[])
    equal(names(dataset.items.list(filters=filters)), ["/free.png"])
    other.delete()


@check
def a_qa_task_over_what_was_done():
    task = dataset.tasks.get(task_name="shared")
    qa = dataset.tasks.create_qa_task(task=task, assignee_ids=["checker@example.com"], due_date=due())
    equal(qa.spec["type"], "qa")
    equal(qa.spec["parentTaskId"], task.id)
    equal(sorted(action.action for action in qa.available_actions), ["approved", "discard"])
    equal(names(qa.get_items()), ["/b.png", "/c.png"])
    b = item("b")
    b.update_status(status="approved", task_id=qa.id)
    equal((status_of(item("b"), qa.id), status_of(item("b"), task.id)), ("approved", "discard"))
    qa.delete()


@check
def actions_of_ones_own():
    actions = [dl.ItemAction(action="blurry", display_name="Too blurry", color="#00ff00")]
    task = dataset.tasks.create(task_name="own", due_date=due(), assignee_ids=["one@example.com"], available_actions=actions, metadata={"user": {"k": 1}}, **({} if OLD else {"priority": dl.TaskPriority.HIGH}))
    equal([action.action for action in task.available_actions], ["blurry"])
    equal((task.metadata["user"], OLD or task.priority), ({"k": 1}, OLD or 3))
    task.set_status(status="blurry", operation="create", item_ids=[item("d").id])
    equal(status_of(item("d"), task.id), "blurry")
    task.delete()
    equal(len(item("d").metadata["system"]["refs"]), 2)


@check
def tasks_are_listed_changed_grown_and_shrunk():
    task = dataset.tasks.create(task_name="small", due_date=due(), assignee_ids=["one@example.com"], items=[item("a")])
    equal(sorted(one.name for one in project.tasks.list()), ["shared", "small"])
    equal([one.name for one in project.tasks.list(filters=dl.Filters(field="name", values="small", resource=dl.FiltersResource.TASK)).all()], ["small"])
    task.name = "renamed"
    task.due_date = due(9) * 1000
    equal(task.update().name, "renamed")
    task.add_items(items=[item("b"), item("c")], assignee_ids=["one@example.com"])
    equal(names(task.get_items()), ["/a.png", "/b.png", "/c.png"])
    task.remove_items(items=[item("c")])
    equal(names(task.get_items()), ["/a.png", "/b.png"])
    equal(len([ref for ref in item("c").metadata["system"]["refs"] if ref["id"] == task.id]), 0)


@check
def assignments_move_and_split():
    task = dataset.tasks.get(task_name="renamed")
    [assignment] = task.assignments.list()
    equal(dl.assignments.get(assignment_id=assignment.id).annotator, "one@example.com")
    moved = assignment.reassign(assignee_id="new@example.com")
    equal((moved.annotator, moved.total_items), ("new@example.com", 2))
    workload = dl.Workload([dl.WorkloadUnit(assignee_id="x@example.com", load=50), dl.WorkloadUnit(assignee_id="y@example.com", load=50)])
    shared = moved.redistribute(workload=workload)
    equal(sorted((one.annotator, one.total_items) for one in shared), [("x@example.com", 1), ("y@example.com", 1)])
    equal([one.annotator for one in project.assignments.list(task_id=task.id, assignee_id="x@example.com")], ["x@example.com"])


@check
def a_deleted_task_leaves_no_trace():
    task = dataset.tasks.get(task_name="renamed")
    assert task.delete()
    refused(404, lambda: dataset.tasks.get(task_id=task.id))
    equal(len(item("a").metadata["system"]["refs"]), 2)


@check
def nothing_that_is_not_offered_breaks_the_client():
    equal(project.bots.list(), [])
    equal(every(project.models.list()), [])
    refused(404, lambda: project.bots.get(bot_id="0" * 24))
    equal(every(project.feature_sets.list()), [])
    refused(404, lambda: project.feature_sets.create(name="f", size=4, set_type="t", entity_type="item"))
    refused(404, lambda: project.packages.get(package_name="p"))
    refused(404, lambda: project.services.get(service_name="s"))
    refused(404, lambda: project.models.get(model_name="m"))
