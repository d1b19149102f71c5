"""The steps of the SDK on-boarding guide with its six exercises, in the guide's own calls."""
import datetime
import os
import time

from harness import MARK, ROOT, check, connect, dl, equal, home, names, picture, refused, settings


@check
def log_in():
    connect()
    equal(dl.token_expired(), False)
    equal(dl.environment(), ROOT)
    equal(dl.info()["user_email"], settings["email"])


project = None
dataset = None
items = {}


@check
def project_is_created_and_found():
    global project
    name = "My First Project " + MARK
    made = dl.projects.create(project_name=name)
    project = dl.projects.get(project_name=name)
    equal(project.id, made.id)
    equal(dl.projects.get(project_id=made.id).name, name)
    assert name in [one.name for one in dl.projects.list()]
    project.print()
    refused(404, lambda: dl.projects.get(project_name="No such project"))


@check
def members_come_change_and_go():
    project.add_member(email="john@example.com", role=dl.MemberRole.DEVELOPER)
    roles = {user.email: user.role for user in project.list_members()}
    equal(roles["john@example.com"], "engineer")
    equal(roles[settings["email"]], "owner")
    project.update_member(email="john@example.com", role=dl.MemberRole.ANNOTATOR)
    equal({user.email: user.role for user in project.list_members()}["john@example.com"], "annotator")
    project.remove_member(email="john@example.com")
    assert "john@example.com" not in [user.email for user in project.list_members()]


@check
def dataset_is_created_and_found():
    global dataset
    error = refused(404, lambda: project.datasets.get(dataset_name="My-First-Dataset"))
    assert "Dataset not found. Name: 'My-First-Dataset'" in str(error), str(error)
    made = project.datasets.create(dataset_name="My-First-Dataset")
    dataset = project.datasets.get(dataset_name="My-First-Dataset")
    equal(dataset.id, made.id)
    dataset.print()


@check
def items_are_uploaded():
    items["item_1"] = dataset.items.upload(local_path=picture("test1.jpg"))
    equal(items["item_1"].filename, "/test1.jpg")
    # The client looks before it asks.
    refused(404, lambda: dataset.items.upload(local_path=os.path.join(home, "missing.jpg")))


@check
def exercise_1_upload_another_item():
    dataset.items.upload(local_path=picture("test2.jpg", color=(200, 60, 20)))
    equal(names(dataset.items.list()), ["/test1.jpg", "/test2.jpg"])


@check
def item_is_got_and_printed():
    items["item_1"] = dataset.items.get(item_id=items["item_1"].id)
    items["item_1"].print()
    assert "test1.jpg" in repr(items["item_1"])


@check
def exercise_2_get_the_other_item():
    found = dataset.items.get(filepath="/test2.jpg")
    items["item_2"] = dl.items.get(item_id=found.id)
    equal(items["item_2"].name, "test2.jpg")


@check
def all_items_in_two_loops():
    pages = dataset.items.list()
    equal(pages.items_count, 2)
    equal(sorted(item.name for page in pages for item in page), ["test1.jpg", "test2.jpg"])
    equal(sorted(item.name for item in dataset.items.list().all()), ["test1.jpg", "test2.jpg"])


def annotate(item, *definitions):
    builder = item.annotations.builder()
    for definition in definitions:
        builder.add(annotation_definition=definition)
    return item.annotations.upload(builder)


@check
def label_and_classification():
    dataset.add_label(label_name="Person")
    equal([label.tag for label in dl.datasets.get(dataset_id=dataset.id).labels], ["Person"])
    annotate(items["item_1"], dl.Classification(label="Person"))
    equal([annotation.label for annotation in items["item_1"].annotations.list()], ["Person"])


@check
def two_points():
    dataset.add_label(label_name="Ear")
    annotate(items["item_1"], dl.Point(x=80, y=80, label="Ear"), dl.Point(x=120, y=80, label="Ear"))
    points = [annotation for annotation in items["item_1"].annotations.list() if annotation.type == "point"]
    equal(sorted((point.x, point.y) for point in points), [(80.0, 80.0), (120.0, 80.0)])


@check
def exercise_3_faces_and_eyes():
    dataset.add_label(label_name="Face")
    dataset.add_label(label_name="Eye")
    annotate(items["item_2"], dl.Classification(label="Face"))
    annotate(items["item_2"], dl.Classification(label="Face"))
    annotate(items["item_2"], dl.Classification(label="Face"))
    annotate(items["item_2"], dl.Point(x=50, y=40, label="Eye"))
    equal(sorted(label.tag for label in dl.datasets.get(dataset_id=dataset.id).labels), ["Ear", "Eye", "Face", "Person"])
    equal(dl.items.get(item_id=items["item_2"].id).annotations_count, 4)


def having(**conditions):
    filters = dl.Filters()
    for field, value in conditions.items():
        filters.add_join(field=field, values=value)
    return filters


@check
def items_by_their_annotations():
    equal(names(dataset.items.list(filters=having(type="point", label="Ear"))), ["/test1.jpg"])
    # One and the same annotation must be both.
    equal(names(dataset.items.list(filters=having(type="point", label="Person"))), [])


def replace(old, new):
    dataset.add_label(label_name=new)
    for item in dataset.items.list(filters=having(label=old)).all():
        item.annotations.delete(filters=dl.Filters(resource=dl.FiltersResource.ANNOTATION, field="label", values=old))
        annotate(item, dl.Classification(label=new))


@check
def person_becomes_adult():
    replace("Person", "Adult")
    equal(sorted(annotation.label for annotation in items["item_1"].annotations.list()), ["Adult", "Ear", "Ear"])


@check
def exercise_4_1_points_of_eyes():
    equal(names(dataset.items.list(filters=having(type="point", label="Eye"))), ["/test2.jpg"])


@check
def exercise_4_2_face_becomes_person():
    replace("Face", "Person")
    equal(sorted(annotation.label for annotation in items["item_2"].annotations.list()), ["Eye", "Person"])


@check
def metadata_of_one_item():
    item = dataset.items.get(item_id=items["item_1"].id)
    now = datetime.datetime.now().isoformat()
    item.metadata["user"] = {"dateTime": now}
    item = item.update()
    equal(dataset.items.get(item_id=item.id).metadata["user"]["dateTime"], now)
    equal(item.metadata["system"]["mimetype"], "image/jpeg")


@check
def metadata_by_filter():
    dataset.items.update(filters=having(label="Ear"), update_values={"user": {"dateTime": "then"}})
    user = dataset.items.get(item_id=items["item_1"].id).metadata["user"]
    equal(user["user"]["dateTime"], "then")
    assert "user" not in dataset.items.get(item_id=items["item_2"].id).metadata.get("user", {})


@check
def exercise_5_date_on_adults():
    today = str(datetime.date.today())
    dataset.items.update(filters=having(label="Adult"), update_values={"date": today})
    equal(names(dataset.items.list(filters=dl.Filters(field="metadata.user.date", values=today))), ["/test1.jpg"])


def make_task(name, label):
    task = dataset.tasks.create(
        task_name=name,
        due_date=datetime.datetime(day=15, month=7, year=2022).timestamp(),
        assignee_ids=["johndoe@example.com"],
        filters=having(label=label),
    )
    equal(task.name, name)
    return task


@check
def task_of_persons():
    task = make_task("test", "Person")
    equal(names(task.get_items()), ["/test2.jpg"])
    equal([assignment.annotator for assignment in task.assignments.list()], ["johndoe@example.com"])
    refs = dataset.items.get(item_id=items["item_2"].id).metadata["system"]["refs"]
    equal(sorted(ref["type"] for ref in refs), ["assignment", "task"])


@check
def exercise_6_task_of_adults():
    task = make_task("adults", "Adult")
    equal(names(task.get_items()), ["/test1.jpg"])
    assert sorted(one.name for one in dataset.tasks.list()) == ["adults", "test"]


@check
def log_out():
    dl.logout()
    time.sleep(0.1)
    try:
        dl.projects.list()
    except Exception as error:
        assert "600" in str(error) or "log" in str(error).lower(), str(error)
    else:
        raise AssertionError("still logged in")
