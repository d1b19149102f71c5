"""Projects, datasets and items: what the client sends beyond the guide, and what it makes of the answers."""
import json
import os

from harness import MARK, OLD, check, connect, dl, equal, home, names, picture, refused, settings

connect()
project = dl.projects.create(project_name="Files " + MARK)
dataset = project.datasets.create(dataset_name="files")


def write(path, text):
    full = os.path.join(home, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w") as file:
        file.write(text)
    return full


@check
def projects_are_renamed_and_deleted():
    made = dl.projects.create(project_name="to go " + MARK)
    made.name = "gone " + MARK
    equal(made.update().name, "gone " + MARK)
    equal(dl.projects.get(project_id=made.id).name, "gone " + MARK)
    made.delete(sure=True, really=True)
    refused(404, lambda: dl.projects.get(project_id=made.id))


@check
def a_project_of_a_taken_name_is_refused():
    refused(500, lambda: dl.projects.create(project_name="Files " + MARK))


@check
def datasets_are_renamed_listed_and_deleted():
    made = project.datasets.create(dataset_name="other", expiration_options=dl.ExpirationOptions(item_max_days=30))
    equal(dl.datasets.get(dataset_id=made.id).expiration_options.item_max_days, 30)
    refused(400, lambda: project.datasets.create(dataset_name="other"))
    made.name = "renamed"
    made.update()
    equal(sorted(one.name for one in project.datasets.list()), ["files", "renamed"])
    made.delete(sure=True, really=True)
    refused(404, lambda: dl.datasets.get(dataset_id=made.id))


@check
def a_folder_is_uploaded_with_its_name_and_without():
    for path in ("tree/one.txt", "tree/deep/two.txt", "tree/.dot.txt"):
        write(path, path)
    dataset.items.upload(local_path=os.path.join(home, "tree"), remote_path="/here")
    found = dl.Filters(use_defaults=False, field="type", values="file")
    equal(names(dataset.items.list(filters=found)), ["/here/tree/.dot.txt", "/here/tree/deep/two.txt", "/here/tree/one.txt"])
    dataset.items.upload(local_path=os.path.join(home, "tree", "*"), remote_path="there")
    assert "/there/deep/two.txt" in names(dataset.items.list())
    # Hidden files are left out of lists that do not ask for them.
    assert "/here/tree/.dot.txt" not in names(dataset.items.list())
    equal(dataset.items.get(filepath="/here/tree/one.txt").metadata["system"]["mimetype"], "text/plain")


@check
def skip_overwrite_metadata_and_annotations_alongside():
    path = write("again.txt", "first")
    first = dataset.items.upload(local_path=path, item_metadata={"user": {"a": 1}}, item_description="said")
    equal((first.metadata["user"], first.description), ({"a": 1}, "said"))
    equal(dataset.items.upload(local_path=path).id, first.id)
    write("again.txt", "second, longer")
    second = dataset.items.upload(local_path=path, overwrite=True)
    equal(second.metadata["system"]["size"], 14)
    equal(open(second.download(local_path=os.path.join(home, "got-"))).read(), "second, longer")
    image = picture("with.png", size=(20, 20))
    annotations = os.path.join(home, "with.json")
    point = {"type": "point", "label": "p", "coordinates": {"x": 1, "y": 2, "z": 0}, "metadata": {"system": {}, "user": {}}, "attributes": []}
    with open(annotations, "w") as file:
        json.dump({"annotations": [point]}, file)
    item = dataset.items.upload(local_path=image, local_annotations_path=annotations)
    equal([annotation.label for annotation in item.annotations.list()], ["p"])


@check
def names_and_bytes_survive():
    path = write("süß & 日本 (1).txt", "grüße")
    item = dataset.items.upload(local_path=path, remote_path="/a b/ü")
    equal(item.filename, "/a b/ü/süß & 日本 (1).txt")
    equal(dataset.items.get(filepath=item.filename).id, item.id)
    empty = dataset.items.upload(local_path=write("empty.txt", ""))
    equal(empty.metadata["system"]["size"], 0)
    from io import BytesIO
    buffer = BytesIO(b"bytes of mine")
    buffer.name = "buffer.bin"
    equal(dataset.items.upload(local_path=buffer, remote_name="named.bin").filename, "/named.bin")


@check
def metadata_merges_and_keys_go():
    item = dataset.items.get(filepath="/again.txt")
    item.metadata["user"] = {"a": 1, "b": {"c": 2, "d": [1, 2]}}
    item.update()
    item = dataset.items.get(item_id=item.id)
    del item.metadata["user"]["a"]
    item.metadata["user"]["b"]["c"] = 3
    item.update()
    equal(dataset.items.get(item_id=item.id).metadata["user"], {"b": {"c": 3, "d": [1, 2]}})
    item = dataset.items.get(item_id=item.id)
    item.metadata["system"]["mine"] = 1
    item.update(system_metadata=True)
    equal(dataset.items.get(item_id=item.id).metadata["system"]["mine"], 1)


@check
def items_are_renamed_moved_and_deleted():
    item = dataset.items.get(filepath="/again.txt")
    item.filename = "/moved/again2.txt"
    item = item.update()
    equal((item.name, item.dir), ("again2.txt", "/moved"))
    item.move("/elsewhere/")
    equal(dataset.items.get(item_id=item.id).filename, "/elsewhere/again2.txt")
    dataset.items.make_dir("/folder")
    dataset.items.move_items(destination="/folder", items=[item])
    equal(dataset.items.get(item_id=item.id).dir, "/folder")
    item.delete()
    refused(404, lambda: dataset.items.get(item_id=item.id))
    refused(404, lambda: dataset.items.get(filepath="/folder/again2.txt"))
    assert "/folder" in dataset.directory_tree.dir_names


def found(*conditions, method=None, **options):
    filters = dl.Filters(**options)
    for condition in conditions:
        filters.add(**condition, **({} if method is None else {"method": method}))
    return names(dataset.items.list(filters=filters))


@check
def the_language_of_filters():
    for at in range(4):
        dataset.items.upload(local_path=write("f/%d.txt" % at, "x" * (at + 1)), remote_path="/f", item_metadata={"user": {"n": at, "tags": ["t%d" % at, "all"], "deep": {"k": "v%d" % at}}})
    ops = dl.FiltersOperations
    user = "metadata.user."
    equal(found({"field": "dir", "values": "/f"}), ["/f/%d.txt" % at for at in range(4)])
    equal(found({"field": user + "n", "values": 1, "operator": ops.GREATER_THAN}), ["/f/2.txt", "/f/3.txt"])
    equal(found({"field": user + "n", "values": [0, 3], "operator": ops.IN}), ["/f/0.txt", "/f/3.txt"])
    equal(found({"field": user + "tags", "values": "t2"}), ["/f/2.txt"])
    equal(found({"field": user + "deep.k", "values": "v*", "operator": ops.MATCH}), ["/f/%d.txt" % at for at in range(4)])
    equal(found({"field": "dir", "values": "/f"}, {"field": user + "n", "values": 2, "operator": ops.NOT_EQUAL}), ["/f/0.txt", "/f/1.txt", "/f/3.txt"])
    equal(found({"field": user + "n", "values": True, "operator": ops.EXISTS}), ["/f/%d.txt" % at for at in range(4)])
    equal(found({"field": user + "n", "values": 0}, {"field": user + "n", "values": 3}, method="or"), ["/f/0.txt", "/f/3.txt"])
    equal(found({"field": "metadata.system.size", "values": 3, "operator": ops.LESS_THAN}, {"field": "dir", "values": "/f"}), ["/f/0.txt", "/f/1.txt"])
    equal(found({"field": "filename", "values": "/f/**"}), ["/f/%d.txt" % at for at in range(4)])
    equal(found({"field": "filename", "values": "/f/*.txt"}), ["/f/%d.txt" % at for at in range(4)])
    equal(found({"field": "createdAt", "values": "2020-01-01T00:00:00.000Z", "operator": ops.LESS_THAN}), [])
    filters = dl.Filters(field="dir", values="/f")
    filters.sort_by(field="metadata.user.n", value=dl.FiltersOrderByDirection.DESCENDING)
    equal([item.filename for item in dataset.items.list(filters=filters).all()], ["/f/%d.txt" % at for at in (3, 2, 1, 0)])
    equal(names(dataset.items.list(filters=dl.Filters(custom_filter={"filter": {"$and": [{"filename": "/f/1.txt"}]}}))), ["/f/1.txt"])


@check
def items_are_changed_and_deleted_by_filter():
    dataset.items.update(filters=dl.Filters(field="dir", values="/f"), update_values={"seen": True})
    equal(found({"field": "metadata.user.seen", "values": True}), ["/f/%d.txt" % at for at in range(4)])
    dataset.items.delete(filters=dl.Filters(field="filename", values="/f/0.txt"))
    equal(found({"field": "dir", "values": "/f"}), ["/f/1.txt", "/f/2.txt", "/f/3.txt"])


@check
def downloads_with_annotations():
    dataset.items.download(local_path=os.path.join(home, "down"), filters=dl.Filters(field="filename", values="/with.png"), annotation_options=dl.ViewAnnotationOptions.JSON)
    assert os.path.exists(os.path.join(home, "down", "items", "with.png"))
    with open(os.path.join(home, "down", "json", "with.json")) as file:
        equal([annotation["label"] for annotation in json.load(file)["annotations"]], ["p"])
    path = dataset.download_annotations(local_path=os.path.join(home, "labels"), filters=dl.Filters(field="filename", values="/with.png"))
    assert any(name.endswith(".json") for _, _, all_names in os.walk(path) for name in all_names), path


@check
def exports_in_one_file():
    if OLD:  # It has no such call.
        return
    path = dataset.export(local_path=os.path.join(home, "export"), export_type=dl.ExportType.JSON, include_annotations=True)
    with open(path) as file:
        exported = {item["filename"]: item for item in json.load(file)}
    equal([annotation["label"] for annotation in exported["/with.png"]["annotations"]], ["p"])


@check
def a_clone_has_everything_but_its_own_ids():
    clone = dataset.clone(clone_name="clone")
    assert names(clone.items.list()) == names(dataset.items.list())
    item = clone.items.get(filepath="/with.png")
    assert item.id != dataset.items.get(filepath="/with.png").id
    equal([annotation.label for annotation in item.annotations.list()], ["p"])
    refused(409, lambda: dataset.clone(clone_name="clone"))


@check
def datasets_are_merged():
    one = project.datasets.create(dataset_name="one")
    two = project.datasets.create(dataset_name="two")
    one.items.upload(local_path=write("m/1.txt", "1"))
    two.items.upload(local_path=write("m/2.txt", "2"))
    two.switch_recipe(recipe=one.recipes.list()[0])
    dl.datasets.merge(merge_name="merged", dataset_ids=[one.id, two.id], project_ids=[project.id])
    merged = project.datasets.get(dataset_name="merged")
    equal(names(merged.items.list()), ["/1.txt", "/2.txt"])


@check
def one_item_is_cloned():
    target = project.datasets.create(dataset_name="target")
    item = dataset.items.get(filepath="/with.png").clone(dst_dataset_id=target.id, remote_filepath="/copy.png")
    equal((item.filename, item.dataset_id), ("/copy.png", target.id))
    equal([annotation.label for annotation in item.annotations.list()], ["p"])


@check
def strangers_see_nothing():
    item = dataset.items.get(filepath="/with.png")
    annotation = item.annotations.list()[0]
    mine = (project.id, dataset.id, item.id, annotation.id)
    connect(settings["otherToken"])
    try:
        assert "Files " + MARK not in [one.name for one in dl.projects.list()]
        refused(404, lambda: dl.projects.get(project_name="Files " + MARK))
        refused(404, lambda: dl.projects.get(project_id=mine[0]))
        refused(404, lambda: dl.datasets.get(dataset_id=mine[1]))
        refused(404, lambda: dl.items.get(item_id=mine[2]))
        refused(404, lambda: dl.annotations.get(annotation_id=mine[3]))
        # Names are one's own.
        other = dl.projects.create(project_name="Files " + MARK)
        equal(list(other.datasets.list()), [])
    finally:
        connect()


@check
def a_wrong_token_is_refused():
    try:
        (dl.login_token if OLD else dl.login_api_key)(settings["token"][:-4] + "AAAA")
        dl.projects.list()
    except Exception as error:
        assert ("401" if OLD else "Invalid API key") in str(error), error
    else:
        raise AssertionError("a wrong signature was taken")
    connect()
    equal(dl.token_expired(), False)
