"""A thousand files, sent by the client's own threads, listed, filtered by their annotations, changed, brought back and compared."""
import hashlib
import os
import time

from harness import MARK, check, connect, dl, equal, home

connect()
project = dl.projects.create(project_name="Thousand " + MARK)
dataset = project.datasets.create(dataset_name="thousand")
folder = os.path.join(home, "thousand")
count = 1_000
sums = {}


@check
def a_thousand_files_are_sent():
    for at in range(count):
        path = os.path.join(folder, "part-%d" % (at % 10), "file-%04d.bin" % at)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        content = os.urandom(1_000 + at)
        with open(path, "wb") as file:
            file.write(content)
        sums["/part-%d/file-%04d.bin" % (at % 10, at)] = hashlib.sha256(content).hexdigest()
    started = time.time()
    dataset.items.upload(local_path=os.path.join(folder, "*"))
    print("uploaded %d files in %.1f s" % (count, time.time() - started))


@check
def they_are_listed_page_by_page():
    filters = dl.Filters()
    filters.page_size = 150
    started = time.time()
    pages = dataset.items.list(filters=filters)
    equal(pages.items_count, count)
    seen = [item.filename for page in pages for item in page]
    equal(sorted(seen), sorted(sums))
    equal(len(set(seen)), count)
    print("listed in %.1f s" % (time.time() - started))


@check
def a_join_finds_those_that_have_an_annotation():
    dataset.add_label(label_name="marked")
    filters = dl.Filters(field="filename", values="/part-3/**")
    for item in dataset.items.list(filters=filters).all():
        builder = item.annotations.builder()
        builder.add(annotation_definition=dl.Classification(label="marked"))
        item.annotations.upload(builder)
    joined = dl.Filters()
    joined.add_join(field="label", values="marked")
    equal(dataset.items.list(filters=joined).items_count, count // 10)


@check
def they_are_changed_by_filter():
    joined = dl.Filters()
    joined.add_join(field="label", values="marked")
    started = time.time()
    dataset.items.update(filters=joined, update_values={"checked": True})
    equal(dataset.items.list(filters=dl.Filters(field="metadata.user.checked", values=True)).items_count, count // 10)
    dataset.items.update(filters=dl.Filters(), update_values={"all": 1})
    equal(dataset.items.list(filters=dl.Filters(field="metadata.user.all", values=1)).items_count, count)
    print("changed in %.1f s" % (time.time() - started))


@check
def they_come_back_byte_by_byte():
    target = os.path.join(home, "back")
    started = time.time()
    dataset.items.download(local_path=target)
    print("downloaded in %.1f s" % (time.time() - started))
    back = {}
    for root, _, files in os.walk(os.path.join(target, "items")):
        for name in files:
            path = os.path.join(root, name)
            with open(path, "rb") as file:
                back["/" + os.path.relpath(path, os.path.join(target, "items"))] = hashlib.sha256(file.read()).hexdigest()
    equal(back, sums)


@check
def they_are_deleted_by_filter():
    dataset.items.delete(filters=dl.Filters(field="filename", values="/part-1/**"))
    equal(dataset.items.list().items_count, count - count // 10)
    equal(dl.datasets.get(dataset_id=dataset.id).items_count, count - count // 10)
