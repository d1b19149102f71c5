"""Drives datamintapi, the client of the vendor's guide, and what became of it: 0.7 as it was, and the first releases under the new name."""
import logging
import os
import subprocess
import sys

# The client's configuration and data lie below the home folder, and are to be this program's alone.
import files
os.environ["HOME"] = files.folder

import numpy
import requests

from checks import check, equal, settings

URL = settings["url"] + "/datamint"
os.environ["DATAMINT_API_URL"] = URL
os.environ["DATAMINT_API_KEY"] = settings["key"]

import datamintapi
from datamintapi import APIHandler, Dataset

logging.disable(logging.CRITICAL)
api = APIHandler()
other = APIHandler(root_url=URL, api_key=settings["otherKey"])
OLD = hasattr(api, "set_resource_labels")
LABELS = "labels" if OLD else "tags"


def raises(work, *kinds):
    try:
        work()
    except kinds or Exception as error:
        return error
    raise AssertionError("nothing was raised")


def upload(name="scan.dcm", **more):
    return api.upload_resources(files.dicom(name, frames=more.pop("frames", 1)), **more)


def shown(id):
    return api.get_resources_by_ids(id)


def project(name, ids):
    """The guide's client cannot fill a project: that is done with the web site there, and with a request here."""
    answer = requests.post(URL + "/projects", headers={"apikey": settings["key"]}, json={"name": name, "description": "", "resource_ids": ids})
    answer.raise_for_status()
    return answer.json()


def dataset(name, **more):
    root = files.path("datasets", "x")[:-2]
    return Dataset(root, name, **more) if OLD else Dataset(project_name=name, root=root, **more)


@check
def key_by_configuration():
    bare = {key: value for key, value in os.environ.items() if not key.startswith("DATAMINT")}
    module = "datamintapi.client_cmd_tools.datamint_config"
    main = "import sys; from %s import main; sys.argv[0] = 'datamint-config'; main()" % module
    subprocess.run([sys.executable, "-c", main, "--api-key", settings["key"], "--default-url", URL], env=bare, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    program = "from datamintapi import APIHandler; print(len(list(APIHandler().get_resources(status='archived'))))"
    equal(subprocess.run([sys.executable, "-c", program], env=bare, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1], "0")
    assert "401" in repr(raises(lambda: list(APIHandler(root_url=URL, api_key="nobody").get_resources(status="inbox"))))


@check
def one_file_many_files_a_folder_an_open_file():
    full = files.dicom("CT scan é.dcm", frames=3)
    id = api.upload_resources(full, channel="CT scans", anonymize=False, **{LABELS: ["a", "b"]})
    one = shown(id)
    equal((one["filename"], one["mimetype"], one["status"], one["upload_channel"], one["labels"], one["modality"]), ("CT scan é.dcm", "application/dicom", "inbox", "CT scans", ["a", "b"], "CT"))
    if OLD:
        equal(api.download_resource_file(id, auto_convert=False), files.read(full))
    ids = api.upload_resources([files.picture("a.png"), files.volume("b.nii.gz")])
    equal([shown(id)["mimetype"] for id in ids], ["image/png", "application/nifti"])
    for at in (1, 2):
        files.picture("folder/%d.png" % at)
    equal(len(api.upload_resources(files.path("folder", "x")[:-2], channel="folder")), 2)
    if OLD:  # Later releases look for its path.
        with open(files.picture("open.png"), "rb") as opened:
            equal(shown(api.upload_resources(opened))["filename"], "open.png")


@check
def a_hundred_and_one_files_and_three_pages():
    ids = api.upload_resources([files.mask("many/%d.png" % at, numpy.full((4, 4), at)) for at in range(101)], channel="many")
    equal(len(set(ids)), 101)
    found = list(api.get_resources(status="inbox", channel="many"))
    equal(sorted(one["id"] for one in found), sorted(ids))
    api.publish_resources(ids[0])
    equal(len(list(api.get_resources(status="inbox", channel="many"))), 100)


@check
def anonymised_and_munged():
    full = files.dicom("path/to/dicom.dcm")
    id = api.upload_resources(full, anonymize=True, mung_filename="all", **{LABELS: ["test"]})
    one = shown(id)
    equal(one["filename"], "_".join(part for part in full.split("/") if part))
    back = api.download_resource_file(id)
    assert "Doe" not in str(back) and "General" not in str(back)
    equal(back.pixel_array.shape, (16, 12))


@check
def published():
    id = upload(publish=True)
    equal(shown(id)["status"], "published")
    api.publish_resources(id)
    both = [upload(), upload()]
    api.publish_resources(both)
    equal([one["status"] for one in shown(both)], ["published"] * 2)
    assert "published_on" in shown(id) and "@" in shown(id)["published_by"]


@check
def lists_with_every_filter():
    for name, more in (("x.dcm", ["left", "knee"]), ("y.dcm", ["right"])):
        upload(name, channel="filters", **{LABELS: more})
    api.upload_resources(files.picture("z.png"), channel="filters", publish=True)
    names = lambda status="inbox", **more: [one["filename"] for one in api.get_resources(status=status, channel="filters", **more)]
    equal(sorted(names()), ["x.dcm", "y.dcm"])
    equal(names("published"), ["z.png"])
    equal(names("archived"), [])
    equal(names(modality="MR"), [])
    equal(names("published", mimetype="image/png"), ["z.png"])
    equal(sorted(names(**{LABELS: ["knee", "right"]})), ["x.dcm", "y.dcm"])
    equal(names(**{LABELS: ["knee"]}), ["x.dcm"])
    equal(names(order_field="filename", order_ascending=False), ["y.dcm", "x.dcm"])
    if OLD:
        from datetime import date, timedelta
        equal(names(from_date=date.today() + timedelta(days=2)), [])
        equal(sorted(names(from_date=date(2000, 1, 1), to_date=date.today() + timedelta(days=2))), ["x.dcm", "y.dcm"])


@check
def by_ids():
    ids = [upload(), upload()]
    equal([one["id"] for one in shown(ids)], ids)
    error = raises(lambda: shown("0199a6f0-0000-7000-8000-000000000000"))
    assert type(error).__name__ == "ResourceNotFoundError" or "404" in repr(error), repr(error)


@check
def downloads():
    picture = files.picture("down.png")
    id = api.upload_resources(picture)
    equal(api.download_resource_file(id).size, (20, 10))
    api.download_resource_file(id, save_path=files.path("saved.png"))
    equal(files.read(files.path("saved.png")), files.read(picture))
    equal(api.download_resource_file(upload("three.dcm", frames=3)).pixel_array.shape, (3, 16, 12))


@check
def labels_channels_deleted():
    id = upload("l.dcm", channel="channel of labels")
    if OLD:
        api.set_resource_labels(id, labels=["one", "two"])
    else:
        api.set_resource_tags(id, tags=["one", "two"])
    equal(shown(id)["labels"], ["one", "two"])
    found = {one["channel_name"]: one for one in api.get_channels()}
    equal((found["channel of labels"]["resource_count"], found["channel of labels"]["resource_data"][0]["resource_id"]), ("1", id))
    api.delete_resources(id)
    raises(lambda: shown(id))


def labels(values):
    values[2:4, :, 0], values[4:6, :, 2] = 1, 2
    return values


@check
def segmentations_and_the_dataset():
    import torch
    from torch.utils.data import DataLoader

    one, stack = upload("one.dcm", publish=True, **{LABELS: ["fracture"]}), upload("stack.dcm", frames=3, publish=True)
    # Rows are the first axis of the file.
    api.upload_segmentations(stack, files.volume("seg.nii.gz", shape=(16, 12, 3), labels=labels), name="SegmentationName" if OLD else {1: "SegmentationName_1", 2: "SegmentationName_2"})
    api.upload_segmentations(one, files.mask("one.png", numpy.eye(16, 12)), name={1: "diagonal"}, frame_index=0)
    raises(lambda: api.upload_segmentations("0199a6f0-0000-7000-8000-000000000000", files.path("one.png"), name="x", frame_index=0))
    flat = api.upload_resources(files.picture("flat.png"), publish=True)
    made = project("Guide", [one, stack, flat])
    more = {"return_dicom": True} if OLD else {"return_dicom": True, "return_segmentations": False}
    data = dataset("Guide", **more)
    equal(len(data), 3)
    entries = {entry["id"]: entry for entry in data.images_metainfo}
    equal(entries[one]["labels"], ["fracture"])
    equal(sorted((mark["name"], mark["index"]) for mark in entries[stack]["annotations"]), [("SegmentationName_1", 0), ("SegmentationName_2", 2)])
    [diagonal] = entries[one]["annotations"]
    from PIL import Image
    equal(int((numpy.array(Image.open(os.path.join(data.dataset_dir, diagonal["file"])).convert("L")) > 0).sum()), 12)
    shapes = {}
    for item in data:
        image = item["image"] if isinstance(item, dict) else item[0]
        meta = item["metainfo"] if isinstance(item, dict) else item[-1]
        assert isinstance(image, torch.Tensor) and image.dtype.is_floating_point and 0 <= float(image.min()) <= float(image.max()) <= 1, image
        shapes[meta["id"]] = tuple(image.shape)
    equal((shapes[one], shapes[stack]), ((1, 16, 12), (3, 16, 12)) if OLD else ((1, 1, 16, 12), (3, 1, 16, 12)))
    frames = dataset("Guide", return_frame_by_frame=True)
    equal(len(frames), 5)

    # Nothing is fetched again until something has changed.
    stamp = os.stat(os.path.join(data.dataset_dir, "dataset.json")).st_mtime_ns
    dataset("Guide")
    equal(os.stat(os.path.join(data.dataset_dir, "dataset.json")).st_mtime_ns, stamp)
    api.upload_segmentations(one, files.mask("two.png", numpy.eye(16, 12)), name={1: "again"}, frame_index=0)
    entries = {entry["id"]: entry for entry in dataset("Guide").images_metainfo}
    equal(sorted(mark["name"] for mark in entries[one]["annotations"]), ["again", "diagonal"])

    project("Batch", [upload("b%d.dcm" % at) for at in range(4)])
    first = lambda items: torch.stack([item["image"] if isinstance(item, dict) else item[0] for item in items])
    batches = list(DataLoader(dataset("Batch"), batch_size=2, collate_fn=first))
    equal([tuple(batch.shape) for batch in batches], [(2, 1, 16, 12) if OLD else (2, 1, 1, 16, 12)] * 2)


@check
def a_dataset_of_the_platforms_own():
    native = lambda method, path, **more: requests.request(method, settings["url"] + "/v1" + path, headers={"authorization": "Bearer " + settings["key"]}, **more)
    own = native("POST", "/projects", json={"name": "Own"}).json()
    there = native("POST", "/datasets", json={"project": own["id"], "name": "Made here"}).json()
    native("POST", "/datasets/%s/items?path=/scan.dcm" % there["id"], data=files.read(files.dicom("own.dcm"))).raise_for_status()
    data = Dataset(files.path("datasets", "x")[:-2], None, dataset_name="Made here") if OLD else dataset("Made here")
    equal(len(data), 1)


@check
def nothing_of_another_organisation():
    id = upload("secret.dcm", channel="secret")
    project("Secret", [id])
    equal([list(other.get_resources(status=status)) for status in ("inbox", "published")], [[], []])
    for work in (lambda: other.get_resources_by_ids(id), lambda: other.download_resource_file(id), lambda: other.delete_resources(id), lambda: other.upload_segmentations(id, files.mask("s.png", numpy.eye(16, 12)), name="x", frame_index=0)):
        raises(work)
    raises(lambda: Dataset(files.path("datasets", "x")[:-2], "Secret", api_key=settings["otherKey"]) if OLD else Dataset(project_name="Secret", root=files.path("elsewhere", "x")[:-2], api_key=settings["otherKey"]))
    equal(shown(id)["filename"], "secret.dcm")
