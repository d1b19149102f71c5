"""Drives the newest datamint: every row of its requests, then its dataset classes through a DataLoader."""
import io
import os
import subprocess
import sys
import time

# The client's cache and configuration lie below the home folder, and are to be this program's alone.
import files
os.environ["HOME"] = files.folder

import numpy
import pydicom
from PIL import Image

from checks import check, equal, settings, until

URL = settings["url"] + "/datamint"
os.environ["DATAMINT_API_URL"] = URL
os.environ["DATAMINT_API_KEY"] = settings["key"]

from datamint.api.client import Api
from datamint.exceptions import DatamintException, ItemNotFoundError

api = Api()
other = Api(server_url=URL, api_key=settings["otherKey"])
resources, annotations, projects, worklists = api.resources, api.annotations, api.projects, api.annotationsets


def raises(kinds, work):
    try:
        work()
    except kinds as error:
        return error
    raise AssertionError("nothing was raised")


def upload(name="scan.dcm", frames=1, **more):
    return resources.upload_resource(files.dicom(name, frames=frames), **more)


def names(found):
    return sorted(one.filename for one in found)


@check
def key_by_constructor_environment_and_configuration():
    error = raises(DatamintException, lambda: Api(server_url=URL, api_key="nobody"))
    assert "401" in repr(error.__cause__) or "Authentication" in repr(error.__cause__), repr(error.__cause__)
    equal(Api(server_url=URL + "/", api_key=settings["key"]).config.server_url, URL)
    bare = {key: value for key, value in os.environ.items() if not key.startswith("DATAMINT")}
    program = [sys.executable, "-m", "datamint.client_cmd_tools.datamint_config", "--api-key", settings["key"], "--default-url", URL]
    subprocess.run(program, env=bare, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    shown = subprocess.run([sys.executable, "-c", "from datamint.api.client import Api; print(len(Api().projects.get_list()))"], env=bare, check=True, capture_output=True, text=True)
    assert shown.stdout.strip().splitlines()[-1].isdigit(), shown.stdout


@check
def one_file_and_its_object():
    full = files.dicom("CT scan é.dcm", frames=3)
    id = resources.upload_resource(full, channel="CT scans", tags=["a", "b"], metadata={"age": 45}, modality="MR")
    one = resources.get_by_id(id)
    equal((one.filename, one.mimetype, one.status, one.upload_channel, one.modality, sorted(one.tags)), ("CT scan é.dcm", "application/dicom", "inbox", "CT scans", "MR", ["a", "b"]))
    equal((one.metadata["age"], one.metadata["frame_count"], type(one).__name__), (45, 3, "DICOMResource"))
    equal(one.source_filepath, full)
    back = one.fetch_file_data(auto_convert=True)
    equal(back.pixel_array.shape, (3, 16, 12))
    equal(int(back.pixel_array[2, 0, 0]), 3000)


@check
def many_files_of_every_kind():
    given = [files.picture("p.png"), files.picture("c.jpg", mode="RGB"), files.volume("v.nii.gz"), files.volume("w.nii"), files.dicom("d.dcm")]
    ids = resources.upload_resources(given, channel="kinds")
    equal([resources.get_by_id(id).mimetype for id in ids], ["image/png", "image/jpeg", "application/nifti", "application/nifti", "application/dicom"])
    equal([type(resources.get_by_id(id)).__name__ for id in ids], ["ImageResource", "ImageResource", "NiftiResource", "NiftiResource", "DICOMResource"])
    for id, full in list(zip(ids, given))[:4]:
        equal(resources.download_resource_file(id, auto_convert=False), files.read(full))
    picture = resources.download_resource_file(ids[0], auto_convert=True)
    equal(picture.size, (20, 10))
    equal(resources.download_resource_file(ids[2], auto_convert=True).shape, (12, 16, 5))


@check
def an_open_file_and_a_dataset_in_memory():
    opened = io.BytesIO(files.read(files.picture("opened.png")))
    opened.name = "opened.png"
    equal(resources.get_by_id(resources.upload_resource(opened)).filename, "opened.png")
    id = resources.upload_resource(pydicom.dcmread(files.dicom("memory.dcm")))
    equal(resources.get_by_id(id).mimetype, "application/dicom")


@check
def a_series_becomes_one_resource():
    series, study = pydicom.uid.generate_uid(), pydicom.uid.generate_uid()
    ids = resources.upload_resources([files.dicom("series/%d.dcm" % at, series=series, number=at, StudyInstanceUID=study) for at in (1, 2, 3)])
    equal(len(set(ids)), 1)
    equal(resources.get_by_id(ids[0]).metadata["frame_count"], 3)


@check
def two_hundred_files_at_once():
    given = [files.mask("many/%d.png" % at, numpy.full((4, 4), at)) for at in range(200)]
    ids = resources.upload_resources(given, channel="many")
    equal(len(set(ids)), 200)
    equal(len(resources.get_list(channel="many")), 200)


@check
def anonymised_names_cleared_and_series_kept_together():
    id = upload("named.dcm", anonymize=True)
    back = resources.download_resource_file(id, auto_convert=True)
    assert "Doe" not in str(back) and "General" not in str(back), back
    equal(back.pixel_array.shape, (16, 12))


@check
def mung_filename():
    full = files.dicom("path/to/dicom.dcm")
    id = resources.upload_resource(full, mung_filename="all")
    equal(resources.get_by_id(id).filename, "_".join(part for part in full.split("/") if part))


@check
def publish_on_upload_and_later():
    equal(resources.get_by_id(upload(publish=True)).status, "published")
    id = upload()
    resources.publish_resources(id)
    one = resources.get_by_id(id)
    equal((one.status, one.published, bool(one.published_on), "@" in one.published_by), ("published", True, True, True))
    raises(DatamintException, lambda: resources.publish_resources(id))
    both = [upload(), upload()]
    resources.bulk_publish(both)
    equal({resources.get_by_id(id).status for id in both}, {"published"})
    projects.create("Published to", "")
    id = upload(publish_to="Published to")
    equal([one.id for one in projects.get_project_resources(projects.get_by_name("Published to"))], [id])


@check
def lists_with_every_filter():
    ids = resources.upload_resources([files.dicom("f1.dcm", modality="DX"), files.picture("f2.png")], channel="filters", tags=["left", "knee"])
    upload("f3.dcm", channel="filters", tags=["left"], publish=True)
    inside = lambda **more: names(resources.get_list(channel="filters", **more))
    equal(inside(), ["f1.dcm", "f2.png", "f3.dcm"])
    equal(inside(status="inbox"), ["f1.dcm", "f2.png"])
    equal(inside(status="published"), ["f3.dcm"])
    equal(inside(status="archived"), [])
    equal(inside(modality="DX"), ["f1.dcm"])
    equal(inside(mimetype="image/png"), ["f2.png"])
    equal(inside(filename="f2.png"), ["f2.png"])
    equal(inside(tags=["knee"]), ["f1.dcm", "f2.png"])
    equal(inside(limit=2).__len__(), 2)
    equal(inside(from_date="2000-01-01", to_date="2001-01-01"), [])
    equal(inside(from_date="2000-01-01"), ["f1.dcm", "f2.png", "f3.dcm"])
    ordered = [one.filename for one in resources.get_list(channel="filters", order_field="filename", order_ascending=False)]
    equal(ordered, ["f3.dcm", "f2.png", "f1.dcm"])
    equal([one.filename for one in resources.get_list(channel="filters", order_field="created_at", order_ascending=True)][-1], "f3.dcm")
    projects.create("Filters", "", resource_ids=ids)
    equal(names(resources.get_list(project_name="Filters")), ["f1.dcm", "f2.png"])
    assert ids[0] in [one.id for one in resources.get_list()]


@check
def downloads_to_a_path_and_many_at_once():
    given = [files.picture("to/%d.png" % at, width=20 + at) for at in range(3)]
    ids = resources.upload_resources(given)
    target = files.path("saved.png")
    resources.download_resource_file(ids[0], save_path=target)
    equal(files.read(target), files.read(given[0]))
    resources.download_multiple_resources(ids, save_path=files.path("saved", "x")[:-2])
    equal(sorted(os.path.getsize(os.path.join(files.folder, "saved", one)) for one in os.listdir(os.path.join(files.folder, "saved"))), sorted(os.path.getsize(one) for one in given))


@check
def one_frame():
    frame = resources.download_resource_frame(upload("frames.dcm", frames=2), 1)
    equal(frame.size, (12, 16))


@check
def tags_channels_not_annotated():
    id = upload("t.dcm", tags=["old"], channel="channel of tags")
    resources.set_tags([id], tags=["new", "er"])
    equal(sorted(resources.get_by_id(id).tags), ["er", "new"])
    resources.set_tags(resources.get_by_id(id), ["one"])
    equal(resources.get_by_id(id).tags, ["one"])
    found = {one.channel_name: one for one in resources.list_channels(order_field="channel_name")}
    equal(found["channel of tags"].resource_data[0].resource_id, id)
    assert None in found
    assert id in [one.id for one in resources.get_not_annotated(order_field="filename")]


@check
def deleted_and_restored():
    ids = [upload(), upload(), upload()]
    resources.delete(ids[0])
    raises(ItemNotFoundError, lambda: resources.get_by_id(ids[0]))
    resources.bulk_delete(ids[1:])
    raises(ItemNotFoundError, lambda: resources.get_by_id(ids[2]))
    raises(ItemNotFoundError, lambda: resources.download_resource_file(ids[1]))
    if hasattr(resources, "restore"):
        resources.restore(ids[0])
        equal(resources.get_by_id(ids[0]).filename, "scan.dcm")


@check
def segmentations_frame_by_frame():
    id = upload("seg.dcm", frames=3)
    values = numpy.zeros((3, 16, 12, 3), numpy.uint8)
    values[0, :4, :, 0], values[1, 8:, :, 0], values[0, :4, :, 2] = 255, 255, 255
    made = annotations.upload_segmentations(id, values, {(255, 0, 0): "red", (0, 255, 0): "green"})
    equal(len(made), 3)
    equal(sorted(one.id for one in annotations.get_list(id, annotation_type="segmentation")), sorted(made))
    found = resources.get_by_id(id).fetch_annotations(annotation_type="segmentation")
    equal(sorted(one.identifier for one in found), ["green", "red", "red"])
    green = numpy.array(next(one for one in found if one.identifier == "green").fetch_file_data())
    equal((green.squeeze().shape, int(green.max()), int((green > 0).sum())), ((16, 12), 255, 96))
    one = annotations.upload_segmentations(id, files.mask("m.png", numpy.eye(16, 12) * 255), "single", frame_index=2)
    equal((annotations.get_by_id(one[0]).identifier, len(one)), ("single", 1))
    data = annotations.download_file(one[0]) if isinstance(one[0], str) and hasattr(annotations, "download_file") else b""
    equal((numpy.array(Image.open(io.BytesIO(data))) > 0).sum(), 12)


@check
def segmentations_as_volumes():
    def labels(values):
        values[:6, :, 2], values[6:, :, 3] = 1, 4
        return values
    id = resources.upload_resource(files.volume("liver.nii.gz"))
    made = annotations.upload_volume_segmentation(id, files.volume("liver-seg.nii.gz", labels=labels), {1: "liver"})
    equal(len(made), 2)
    found = {one.identifier: one for one in annotations.get_list(id)}
    equal(sorted(found), ["liver", "seg_4"])
    liver = found["liver"].fetch_file_data()
    values = numpy.asarray(liver.get_fdata() if hasattr(liver, "get_fdata") else liver)
    equal((values.shape, int(values.sum()), int(values.max())), ((12, 16, 5), 96, 1))
    raises(ItemNotFoundError, lambda: annotations.upload_volume_segmentation("0199a6f0-0000-7000-8000-000000000000", files.path("liver-seg.nii.gz"), {1: "liver"}))


@check
def segmentations_in_the_same_call():
    def labels(values):
        values[:3, :3, 1] = 1
        return values
    given = {"files": [files.volume("brain-seg.nii.gz", labels=labels)], "names": {1: "Brain"}}
    id = resources.upload_resource(files.volume("brain.nii.gz"), segmentation_files=given)
    equal([one.identifier for one in annotations.get_list(id)], ["Brain"])
    projects.create("With segmentations", "")
    id = resources.upload_resource(files.volume("brain2.nii.gz"), segmentation_files=given, publish_to="With segmentations")
    equal([one.identifier for one in annotations.get_list(id)], ["Brain"])


@check
def other_annotations():
    id = upload("marks.dcm", frames=3)
    annotations.add_line_annotation((1, 2), (7, 8), id, "length", frame_index=1, coords_system="pixel")
    annotations.add_box_annotation((1, 2), (7, 8), id, "lesion", frame_index=1, coords_system="pixel")
    annotations.create_image_classification(id, "quality", "good")
    flat = resources.upload_resource(files.picture("marks.png"))
    annotations.add_line_annotation((1, 2), (7, 8), flat, "length", frame_index=0, coords_system="pixel")
    [line] = annotations.get_list(flat)
    equal((line.scope, line.frame_index, [list(point) for point in line.geometry.points]), ("frame", 0, [[1, 2, 0], [7, 8, 0]]))
    scan = resources.upload_resource(files.volume("marks.nii.gz"))
    annotations.add_line_annotation((1, 2), (7, 8), scan, "length", frame_index=2, coords_system="pixel")
    equal(len(annotations.get_list(scan)), 1)
    found = {one.identifier: one for one in annotations.get_list(id)}
    equal(sorted(found), ["length", "lesion", "quality"])
    equal((found["quality"].annotation_type, found["quality"].text_value), ("category", "good"))
    # Later releases turn pixels into millimetres; what it says has to come back as it was.
    assert [list(point) for point in found["length"].geometry.points] in ([[0.5, 1, 6], [3.5, 4, 6]], [[1, 2, 1], [7, 8, 1]]), found["length"]
    equal(found["length"].annotation_type, "line")
    equal(found["lesion"].annotation_type, "square")
    annotations.approve(found["quality"])
    assert annotations.get_by_id(found["quality"].id).approved_by
    equal([one.identifier for one in annotations.get_list(id, status="published")], ["quality"])
    annotations.patch(found["lesion"], identifier="renamed")
    equal(annotations.get_by_id(found["lesion"].id).identifier, "renamed")
    annotations.delete(found["length"])
    annotations.delete_batch([found["lesion"].id])
    equal([one.identifier for one in annotations.get_list(id)], ["quality"])


@check
def projects_worklists_splits():
    ids = [upload("w%d.dcm" % at) for at in range(3)]
    project = projects.create("Knees", "of people", resource_ids=ids[:2])
    equal((project.name, project.description, project.resource_count), ("Knees", "of people", 2))
    raises(DatamintException, lambda: projects.create("Knees", ""))
    equal(projects.create("Knees", "", exists_ok=True).id, project.id)
    projects.add_resources(ids[2], project)
    equal([one.id for one in projects.get_project_resources(project)], ids)
    projects.set_work_status(ids[0], "closed", project)
    projects.assign_splits(project, ids[:2], "train") if "project" == projects.assign_splits.__code__.co_varnames[1] else projects.assign_splits(ids[:2], "train", project)
    equal(sorted(one.resource_id for one in projects.get_splits(project)), sorted(ids[:2]))
    work = project.get_worklists() if hasattr(project, "get_worklists") else projects.get_worklists(project)
    equal(len(work), 1)
    full = worklists.get_by_id(work[0].id)
    equal((full.id, sorted(full.resource_ids)), (work[0].id, sorted(ids)))
    made = worklists.create("Second look", ids[:1], project=project, annotations=[{"type": "category", "identifier": "side", "required": True, "scope": "image", "values": ["left", "right"]}])
    equal(made.name, "Second look")
    worklists.update_segmentation_group(made.id, {"segmentationValueType": "single_label", "definitions": [{"identifier": "bone", "color": [1, 2, 3], "index": 1}]}) if "segmentation_data" in worklists.update_segmentation_group.__code__.co_varnames else None
    assert isinstance(worklists.get_segmentation_group(made.id), dict)
    projects.delete(project)
    equal(projects.get_by_name("Knees"), None)


@check
def people():
    mails = [one.email for one in api.users.get_list()]
    assert mails and all("@" in mail for mail in mails), mails
    mail = "annie-%s@example.com" % settings["mark"]
    api.users.create(email=mail, password="a long enough password", firstname="Annie", lastname="Notator", roles=["annotator"], return_entity=False)
    assert mail in [one.email for one in api.users.get_list()]


@check
def nothing_of_another_organisation():
    id = upload("secret.dcm", channel="secret")
    project = projects.create("Secret", "", resource_ids=[id])
    equal((list(other.resources.get_list()), list(other.projects.get_list()), list(other.annotations.get_list())), ([], [], []))
    for work in (lambda: other.resources.get_by_id(id), lambda: other.resources.download_resource_file(id), lambda: other.resources.delete(id), lambda: other.projects.get_by_id(project.id)):
        raises(ItemNotFoundError, work)
    raises(DatamintException, lambda: other.annotations.upload_segmentations(id, numpy.full((16, 12), 255, numpy.uint8), "x"))
    equal(resources.get_by_id(id).filename, "secret.dcm")


@check
def images_through_a_data_loader():
    import torch
    from torch.utils.data import DataLoader, default_collate
    from datamint import ImageDataset

    ids = [resources.upload_resource(files.dicom("image%d.dcm" % at)) for at in range(4)]
    project = projects.create("Images", "", resource_ids=ids)
    for id in ids:
        annotations.upload_segmentations(id, files.mask("half.png", numpy.repeat([[255], [0]], 8, axis=0).repeat(12, axis=1)), "half")
        annotations.create_image_classification(id, "quality", "good")
    dataset = ImageDataset(project="Images", server_url=URL, api_key=settings["key"], allow_external_annotations=True, return_as_semantic_segmentation=True, semantic_seg_merge_strategy="union")
    equal(len(dataset), 4)
    item = dataset[0]
    equal((tuple(item["image"].shape), tuple(item["masks"].shape), int(item["masks"][-1].sum())), ((1, 16, 12), (2, 16, 12), 96))
    some = lambda items: default_collate([{key: item[key] for key in ("image", "masks")} for item in items])
    batches = list(DataLoader(dataset, batch_size=2, collate_fn=some))
    equal([(type(batch["image"]), tuple(batch["image"].shape), tuple(batch["masks"].shape)) for batch in batches], [(torch.Tensor, (2, 1, 16, 12), (2, 2, 16, 12))] * 2)
    equal([tuple(batch["image"].shape) for batch in DataLoader(dataset, batch_size=4, collate_fn=dataset.get_collate_fn())], [(4, 1, 16, 12)])


@check
def volumes_through_a_data_loader():
    from torch.utils.data import DataLoader
    from datamint import VolumeDataset

    def labels(values):
        values[:6, :, 2] = 1
        return values
    id = resources.upload_resource(files.volume("train.nii.gz"))
    projects.create("Volumes", "", resource_ids=[id])
    annotations.upload_volume_segmentation(id, files.volume("train-seg.nii.gz", labels=labels), {1: "liver"})
    dataset = VolumeDataset(project="Volumes", server_url=URL, api_key=settings["key"], allow_external_annotations=True)
    item = dataset[0]
    equal(tuple(item["image"].shape), (1, 5, 16, 12))
    [batch] = list(DataLoader(dataset, batch_size=1, collate_fn=dataset.get_collate_fn()))
    equal(tuple(batch["image"].shape), (1, 1, 5, 16, 12))
