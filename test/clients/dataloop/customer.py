"""What customers of dtlpy do beyond the guide: many at once, filters of their own writing, and pages of every size."""
import concurrent.futures
import datetime
import io

from harness import MARK, check, connect, dl, equal, names, picture, refused, settings

connect()
project = dl.projects.create(project_name="Customer " + MARK)
dataset = project.datasets.create(dataset_name="customer")


def find(custom, **more):
    return names(dataset.items.list(filters=dl.Filters(custom_filter={"filter": custom, "resource": "items", "page": 0, "pageSize": 1000, **more})))


def put(name, user=None, data=b"x"):
    stream = io.BytesIO(data)
    stream.name = name.split("/")[-1]
    return dataset.items.upload(local_path=stream, remote_path="/" + "/".join(name.split("/")[:-1]), item_metadata={"user": user} if user is not None else None)


@check
def eight_who_upload_the_same_path_make_one_item():
    def upload(number):
        stream = io.BytesIO(b"same bytes")
        stream.name = "raced.bin"
        return dataset.items.upload(local_path=stream, remote_path="/race").id

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(upload, range(8)))
    equal((len(ids), names(dataset.items.list(filters=dl.Filters(field="dir", values="/race")))), (1, ["/race/raced.bin"]))


@check
def filters_of_ones_own_writing():
    put("f/a.bin", {"n": 1, "list": ["x", "y"], "deep": [{"k": 1, "v": "a"}, {"k": 2, "v": "b"}], "when": "2026-01-01T00:00:00.000Z"})
    put("f/b.bin", {"n": 2.5, "list": ["y", "x"], "null": None, "flag": True})
    put("f/c.bin", {"n": "2", "list": []})
    put("f/d.bin")
    a, b, c, d = ["/f/%s.bin" % one for one in "abcd"]
    inside = {"dir": "/f"}
    user = lambda path, condition: find({"$and": [inside, {"metadata.user." + path: condition}]})
    equal(user("n", 1), [a])
    equal(user("n", {"$gt": 1}), [b])
    equal(user("n", {"$lte": 2.5}), [a, b])
    equal(user("n", {"$in": [1, "2"]}), [a, c])
    equal(user("n", {"$nin": [1, 2.5]}), [c, d])
    equal(user("n", {"$ne": 1}), [b, c, d])
    equal(user("n", {"$exists": False}), [d])
    equal(user("null", {"$exists": True}), [])
    equal(user("null", None), [a, b, c, d])
    equal(user("flag", True), [b])
    equal(user("list", ["y", "x"]), [a, b])
    equal(user("list", []), [c, d])
    equal(user("list", "x"), [a, b])
    equal(user("deep.k", 2), [a])
    equal(user("deep", {"$match": {"k": 1, "v": "a"}}), [a])
    equal(user("deep", {"$match": {"k": 1, "v": "b"}}), [])
    equal(user("when", {"$gt": "2025-12-31T23:59:59.999Z"}), [a])
    equal(find({"$or": [{"filename": a}, {"$and": [{"filename": b}, {"metadata.user.n": {"$lt": 3}}]}]}), [a, b])
    equal(find({"$and": [inside], "$or": [{"filename": a}, {"filename": "/elsewhere"}]}), [a])
    equal(find({"$and": [{"filename": {"$match": "/f/*.bin"}}]}), [a, b, c, d])
    equal(find({"$and": [{"filename": {"$match": "/*.bin"}}]}), [])
    equal(find({"$and": [{"filename": {"$match": "/**/a.bin"}}]}), [a])
    equal(find({"$and": [inside, {"createdAt": {"$gt": (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).isoformat()}}]}), [])
    equal(find({"$and": [inside, {"annotated": False}, {"hidden": False}, {"type": "file"}]}), [a, b, c, d])


@check
def pages_of_every_size_have_all_and_none_twice():
    for number in range(23):
        put("p/%02d.bin" % number, {"n": number}, data=b"%d" % number)
    every = ["/p/%02d.bin" % number for number in range(23)]
    for size in [1, 5, 23, 24, 1000]:
        filters = dl.Filters(field="dir", values="/p")
        pages = dataset.items.list(filters=filters, page_size=size)
        equal((pages.items_count, [item.filename for page in pages for item in page]), (23, every))
    filters = dl.Filters(field="dir", values="/p")
    filters.sort_by(field="filename", value=dl.FiltersOrderByDirection.DESCENDING)
    equal([item.filename for page in dataset.items.list(filters=filters, page_size=4) for item in page], every[::-1])
    equal([item.filename for item in dataset.items.list(filters=filters, page_size=4, page_offset=5).items], every[2::-1])


@check
def a_thousand_annotations_come_back_exactly():
    item = dataset.items.upload(local_path=picture("many.png"), remote_path="/many")
    builder = item.annotations.builder()
    for number in range(1000):
        builder.add(annotation_definition=dl.Box(left=number / 7, top=number / 11, right=number / 7 + 1.25, bottom=number / 11 + 2.5, label="l%d" % (number % 3)))
    item.annotations.upload(builder)
    found = item.annotations.list()
    equal(sorted((one.left, one.top, one.right, one.bottom, one.label) for one in found), sorted((n / 7, n / 11, n / 7 + 1.25, n / 11 + 2.5, "l%d" % (n % 3)) for n in range(1000)))
    equal(dataset.items.get(item_id=item.id).annotations_count, 1000)
    item.annotations.delete(filters=dl.Filters(field="label", values="l0", resource=dl.FiltersResource.ANNOTATION))
    equal(len(item.annotations.list()), 666)


@check
def what_is_not_there_or_not_allowed_is_told():
    for work in [
        lambda: dl.items.get(item_id="0" * 24),
        lambda: dataset.items.get(filepath="/no/such.bin"),
        lambda: dl.datasets.get(dataset_id="0" * 24),
        lambda: dl.projects.get(project_id="00000000-0000-0000-0000-000000000000"),
        lambda: dl.annotations.get(annotation_id="0" * 24),
        lambda: dl.tasks.get(task_id="0" * 24),
        lambda: dl.recipes.get(recipe_id="0" * 24),
    ]:
        refused(404, work)
    refused(400, lambda: project.datasets.create(dataset_name="customer"))
