"""Annotations of every kind, videos, recipes, ontologies and labels, as the client draws, sends and reads them."""
import json
import os
import subprocess

import numpy
from PIL import Image

from harness import MARK, OLD, check, connect, dl, equal, home, picture, refused

connect()
if OLD:
    # Attributes by their keys, which later releases have by themselves.
    dl.use_attributes_2(True)
project = dl.projects.create(project_name="Annotations " + MARK)
dataset = project.datasets.create(dataset_name="annotations")
item = dataset.items.upload(local_path=picture("drawn.png", size=(64, 48)))


def annotate(*definitions, on=None):
    builder = (on or item).annotations.builder()
    for definition in definitions:
        builder.add(annotation_definition=definition)
    return (on or item).annotations.upload(builder)


def only(kind, on=None):
    return [annotation for annotation in (on or item).annotations.list() if annotation.type == kind]


@check
def mask_comes_back_pixel_by_pixel():
    mask = numpy.zeros((48, 64))
    mask[10:30, 5:40] = 1
    dataset.add_label(label_name="Half", color=(255, 0, 0))
    annotate(dl.Segmentation(geo=mask, label="Half"))
    [found] = only("binary")
    equal(found.geo.shape, (48, 64))
    assert numpy.array_equal(found.geo, mask)


@check
def box_and_turned_box():
    annotate(dl.Box(left=1.25, top=2.5, right=20.75, bottom=30, label="b"), dl.Box(left=10, top=10, right=30, bottom=20, label="turned", angle=30))
    boxes = {annotation.label: annotation for annotation in only("box")}
    equal((boxes["b"].left, boxes["b"].top, boxes["b"].right, boxes["b"].bottom), (1.25, 2.5, 20.75, 30.0))
    equal(boxes["turned"].angle, 30)


@check
def polygon_polyline_ellipse():
    annotate(
        dl.Polygon(geo=[[1.5, 1], [20, 2], [10, 30.25]], label="p"),
        dl.Polyline(geo=[[1, 1], [20, 2.125], [10, 30]], label="l"),
        dl.Ellipse(x=30, y=20, rx=10, ry=5.5, angle=12, label="e"),
    )
    equal(numpy.array(only("segment")[0].geo).tolist(), [[1.5, 1], [20, 2], [10, 30.25]])
    equal(numpy.array(only("polyline")[0].geo).tolist(), [[1, 1], [20, 2.125], [10, 30]])
    [ellipse] = only("ellipse")
    equal((ellipse.x, ellipse.y, ellipse.rx, ellipse.ry, ellipse.angle), (30, 20, 10, 5.5, 12))


@check
def cubes():
    corners = dict(front_tl=[1, 1], front_tr=[9, 1], front_br=[9, 9], front_bl=[1, 9], back_tl=[3, 3], back_tr=[12, 3], back_br=[12, 12], back_bl=[3, 12])
    annotate(dl.Cube(label="c", **corners), dl.Cube3d(label="c3", position=[1, 2, 3], scale=[4, 5, 6], rotation=[0, 0, 1]))
    equal(len(only("cube")), 1)
    # 1.64 does not ask for this type unless it is told to.
    filters = dl.Filters(resource=dl.FiltersResource.ANNOTATION, field="type", values="cube_3d")
    coordinates = item.annotations.list(filters=filters)[0].coordinates
    equal(coordinates["position"], {"x": 1, "y": 2, "z": 3})


@check
def pose_with_its_points():
    [pose] = annotate(dl.Pose(label="pose", template_id="t", instance_id="i")).annotations
    builder = item.annotations.builder()
    builder.add(annotation_definition=dl.Point(x=5, y=6, label="nose"), parent_id=pose.id)
    item.annotations.upload(builder)
    point = [one for one in only("point") if one.label == "nose"][0]
    equal(point.parent_id, pose.id)


@check
def note_and_description():
    item.annotations.upload(dl.Annotation.new(item=item, annotation_definition=dl.Note(left=1, top=2, right=3, bottom=4, label="n", messages=[])))
    # The client leaves notes out of its lists unless they are asked for.
    equal(only("note"), [])
    filters = dl.Filters(resource=dl.FiltersResource.ANNOTATION, field="type", values="note")
    equal([annotation.label for annotation in item.annotations.list(filters=filters)], ["n"])
    item.set_description(text="what it is")
    equal(dl.items.get(item_id=item.id).description, "what it is")


@check
def attributes_and_user_metadata():
    builder = item.annotations.builder()
    builder.add(annotation_definition=dl.Classification(label="with", attributes={"1": "red", "2": ["a", "b"]}), metadata={"user": {"mine": 5}})
    item.annotations.upload(builder)
    [found] = [annotation for annotation in item.annotations.list() if annotation.label == "with"]
    equal(found.attributes, {"1": "red", "2": ["a", "b"]})
    equal(found.metadata["user"]["mine"], 5)
    filters = dl.Filters(resource=dl.FiltersResource.ANNOTATION, field="metadata.user.mine", values=5)
    equal([annotation.label for annotation in dataset.annotations.list(filters=filters).all()], ["with"])


@check
def one_annotation_is_got_changed_flagged_and_deleted():
    [made] = annotate(dl.Box(left=1, top=1, right=9, bottom=9, label="old")).annotations
    got = dataset.annotations.get(annotation_id=made.id)
    got.label = "new"
    got.left = 3.5
    got.metadata["user"] = {"a": {"b": 1}}
    got.update()
    got = dataset.annotations.get(annotation_id=made.id)
    equal((got.label, got.left, got.metadata["user"]), ("new", 3.5, {"a": {"b": 1}}))
    del got.metadata["user"]["a"]
    got.attributes = {"k": "v"}
    got.update()
    got = dataset.annotations.get(annotation_id=made.id)
    equal((got.metadata["user"], got.attributes), ({}, {"k": "v"}))
    got.status = dl.AnnotationStatus.ISSUE
    got.update(system_metadata=True)
    equal(dataset.annotations.get(annotation_id=made.id).status, "issue")
    got.delete()
    refused(404, lambda: dataset.annotations.get(annotation_id=made.id))


@check
def deletion_by_filter_and_by_list():
    other = dataset.items.upload(local_path=picture("deleted.png", size=(20, 20)))
    annotate(*[dl.Point(x=n, y=n, label="even" if n % 2 == 0 else "odd") for n in range(10)], on=other)
    other.annotations.delete(filters=dl.Filters(resource=dl.FiltersResource.ANNOTATION, field="label", values="even"))
    left = other.annotations.list()
    equal([annotation.label for annotation in left], ["odd"] * 5)
    for annotation in left:
        annotation.delete()
    equal(len(other.annotations.list()), 0)
    equal(dl.items.get(item_id=other.id).annotations_count, 0)


@check
def more_than_a_batch_of_annotations():
    other = dataset.items.upload(local_path=picture("many.png", size=(20, 20)))
    annotate(*[dl.Point(x=n % 20, y=n // 20, label="many") for n in range(350)], on=other)
    equal(dl.items.get(item_id=other.id).annotations_count, 350)
    equal(len(other.annotations.list()), 350)


@check
def downloads_and_pictures_of_annotations():
    path = item.annotations.download(filepath=os.path.join(home, "item.json"), annotation_format=dl.ViewAnnotationOptions.JSON)
    with open(path if isinstance(path, str) else os.path.join(home, "item.json")) as file:
        saved = json.load(file)
    equal(len(saved["annotations"]), len(item.annotations.list()))
    other = dataset.items.upload(local_path=picture("again.png", size=(64, 48)))
    other.annotations.upload(os.path.join(home, "item.json"))
    equal(len(other.annotations.list()), len(saved["annotations"]))


@check
def masks_are_drawn_and_downloaded_as_pictures():
    other = dataset.items.upload(local_path=picture("shown.png", size=(64, 48)))
    mask = numpy.zeros((48, 64))
    mask[10:30, 5:40] = 1
    dataset.add_label(label_name="Shown", color=(255, 0, 0))
    annotate(dl.Segmentation(geo=mask, label="Shown"), on=other)
    shown = other.annotations.show(annotation_format=dl.ViewAnnotationOptions.MASK)
    equal(shown.shape, (48, 64, 4))
    assert numpy.array_equal(shown[:, :, 3] > 0, mask > 0)
    equal(shown[20, 20].tolist(), [255, 0, 0, 255])
    instances = other.annotations.show(annotation_format=dl.ViewAnnotationOptions.INSTANCE)
    assert instances.shape == (48, 64) and len(numpy.unique(instances)) == 2, instances
    saved = other.annotations.download(filepath=os.path.join(home, "shown-mask.png"), annotation_format=dl.ViewAnnotationOptions.MASK)
    assert numpy.array_equal(numpy.array(Image.open(saved).convert("RGBA"))[:, :, 3] > 0, mask > 0)
    dataset.items.download(local_path=os.path.join(home, "with-masks"), filters=dl.Filters(field="filename", values="/shown.png"), annotation_options=[dl.ViewAnnotationOptions.MASK, dl.ViewAnnotationOptions.INSTANCE, dl.ViewAnnotationOptions.JSON])
    found = [name for _, _, files in os.walk(os.path.join(home, "with-masks")) for name in files]
    assert found.count("shown.png") >= 2, found


@check
def video_objects_over_time():
    clip = os.path.join(home, "clip.mp4")
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=duration=2:size=64x48:rate=10", "-pix_fmt", "yuv420p", clip], check=True)
    video = dataset.items.upload(local_path=clip)
    video = dataset.items.get(item_id=video.id)
    equal(video.fps, 10)
    equal((video.width, video.height), (64, 48))
    builder = video.annotations.builder()
    # From behind: 1.64 takes for the first frame the one that was added last.
    for frame, last in ((12, 15), (5, 11), (0, 4)):
        builder.add(annotation_definition=dl.Box(left=frame, top=1, right=frame + 10, bottom=20, label="car"), object_id=7, frame_num=frame, end_frame_num=last)
    video.annotations.upload(builder)
    [car] = video.annotations.list()
    equal((car.start_frame, car.end_frame, str(car.object_id)), (0, 15, "7"))
    equal([car.frames[frame].left for frame in (0, 5, 12)], [0, 5, 12])
    # Between key frames the state of the last one holds.
    car.set_frame(9)
    equal(car.left, 5)


@check
def labels_with_children_colours_and_attributes():
    dataset.add_label(label_name="Car", color=(17, 34, 51), children=[{"label_name": "Wheel", "color": "#445566", "display_label": "A wheel"}])
    dataset.add_labels(label_list=["Tree", "Sky"])
    labels = dl.datasets.get(dataset_id=dataset.id).labels_flat_dict
    equal((labels["Car"].rgb, labels["Car.Wheel"].rgb, labels["Car.Wheel"].display_label), ((17, 34, 51), (68, 85, 102), "A wheel"))
    assert {"Tree", "Sky"} <= set(labels)
    dataset.update_label(label_name="Tree", color=(1, 2, 3))
    equal(dl.datasets.get(dataset_id=dataset.id).labels_flat_dict["Tree"].rgb, (1, 2, 3))
    refused(404, lambda: dataset.update_label(label_name="Nothing", color=(1, 2, 3)))
    dataset.delete_labels(label_names=["Sky"])
    assert "Sky" not in dl.datasets.get(dataset_id=dataset.id).labels_flat_dict


@check
def attributes_of_ontologies():
    if OLD:
        # The old client makes itself anew for notes, and may then have forgotten it.
        dl.use_attributes_2(True)
    ontology = dataset.recipes.list()[0].ontologies.list()[0]
    ontology.update_attributes(key="1", title="Colour", attribute_type=dl.AttributesTypes.CHECKBOX, values=["red", "blue"], scope=["Car"])
    ontology.update_attributes(key="2", title="Speed", attribute_type=dl.AttributesTypes.SLIDER, attribute_range=dl.AttributesRange(0, 10, 2))
    found = {one["key"]: one for one in dl.ontologies.get(ontology_id=ontology.id).attributes}
    equal(found["1"]["scriptData"]["multi"], True)
    equal((found["1"]["values"], found["1"]["scope"]), (["red", "blue"], ["Car"]))
    equal(found["2"]["range"], {"min": 0, "max": 10, "step": 2})
    ontology.delete_attributes(keys=["1"])
    equal([one["key"] for one in dl.ontologies.get(ontology_id=ontology.id).attributes], ["2"])


@check
def recipes_are_made_cloned_changed_and_deleted():
    recipe = dataset.recipes.list()[0]
    got = dl.recipes.get(recipe_id=recipe.id)
    got.title = "Renamed"
    equal(got.update().title, "Renamed")
    copy = recipe.clone(shallow=False)
    assert copy.id != recipe.id
    assert copy.id in [one.id for one in project.recipes.list().all()]
    made = project.recipes.create(recipe_name="by hand", labels=[dl.Label(tag="A", color=(1, 1, 1))], project_ids=[project.id])
    equal([label.tag for label in made.ontologies.list()[0].labels], ["A"])
    dataset.switch_recipe(recipe=made)
    equal([label.tag for label in dl.datasets.get(dataset_id=dataset.id).labels], ["A"])
    dataset.switch_recipe(recipe=recipe)
    made.delete()
    refused(404, lambda: dl.recipes.get(recipe_id=made.id))


@check
def a_dataset_over_a_recipe_that_is_there():
    recipe = project.recipes.create(recipe_name="before", labels=[dl.Label(tag="One", color=(1, 2, 3))], project_ids=[project.id])
    made = project.datasets.create(dataset_name="over", recipe_id=recipe.id)
    equal([label.tag for label in dl.datasets.get(dataset_id=made.id).labels], ["One"])


@check
def pictures_of_labels_lie_apart():
    dataset.add_label(label_name="pictured", icon_path=picture("icon.png", size=(8, 8)))
    shown = dl.datasets.get(dataset_id=dataset.id).labels_flat_dict["pictured"].display_data["displayImage"]
    equal(dl.items.get(item_id=shown["itemId"]).hidden, True)
    assert "Binaries" not in [one.name for one in project.datasets.list()]
