"""Reads what the platform exported with the readers that people use, and prints what they found as JSON."""
import json
import os
import sys


def pycocotools(folder):
    from pycocotools import mask
    from pycocotools.coco import COCO

    path = os.path.join(folder, "annotations", "instances_default.json")
    coco = COCO(path)
    found = []
    for image in coco.dataset["images"]:
        for annotation in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
            pixels = int(mask.area(coco.annToRLE(annotation))) if "segmentation" in annotation else None
            label = coco.loadCats(annotation["category_id"])[0]["name"]
            found.append({"path": image["file_name"], "label": label, "bbox": annotation["bbox"], "pixels": pixels, "area": annotation["area"]})
    return found


def coco_results(folder):
    """The labels against themselves as results: the evaluation finds all of them."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth = COCO(os.path.join(folder, "annotations", "instances_default.json"))
    results = [{"image_id": a["image_id"], "category_id": a["category_id"], "bbox": a["bbox"], "score": 1.0} for a in truth.dataset["annotations"]]
    evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return float(evaluation.stats[0])


def supervision(folder, kind):
    import supervision as sv

    if kind == "yolo":
        data = sv.DetectionDataset.from_yolo(os.path.join(folder, "images", "train"), os.path.join(folder, "labels", "train"), os.path.join(folder, "data.yaml"))
    elif kind == "voc":
        data = sv.DetectionDataset.from_pascal_voc(os.path.join(folder, "JPEGImages"), os.path.join(folder, "Annotations"))
    else:
        data = sv.DetectionDataset.from_coco(os.path.join(folder, "images"), os.path.join(folder, "annotations", "instances_default.json"))
    found = []
    for path, _image, detections in data:
        for box, label in zip(detections.xyxy.tolist(), detections.class_id.tolist()):
            found.append({"path": os.path.basename(path), "label": data.classes[label], "box": box})
    return found


def ultralytics(folder, task):
    """The rules of https://docs.ultralytics.com/datasets/ for what a trainer takes, row by row; what breaks one is an error."""
    import yaml

    with open(os.path.join(folder, "data.yaml")) as file:
        data = yaml.safe_load(file)
    assert "train" in data and "val" in data, "a trainer wants train and val"
    names = data["names"]
    assert list(names) == list(range(len(names))), "class numbers have gaps"
    points, numbers = data.get("kpt_shape", [0, 0])
    columns = {"detect": [5], "pose": [5 + points * numbers], "obb": [9], "segment": None}[task]
    found = []
    for split in sorted({data["train"], data["val"]}):
        if split.endswith(".txt"):
            with open(os.path.join(folder, split)) as file:
                pictures = [os.path.normpath(os.path.join(folder, line.strip())) for line in file]
        else:
            pictures = [os.path.join(root, name) for root, _, files in os.walk(os.path.join(folder, split)) for name in files]
        assert pictures, "no pictures in " + split
        for picture in sorted(pictures):
            assert os.path.isfile(picture), picture + " is not there"
            before, after = picture.rsplit(os.sep + "images" + os.sep, 1)
            labels = os.path.join(before, "labels", os.path.splitext(after)[0] + ".txt")
            with open(labels) as file:
                rows = [line.split() for line in file.read().splitlines() if line.strip()]
            assert len({tuple(row) for row in rows}) == len(rows), "the same row twice in " + labels
            for row in rows:
                values = [float(value) for value in row]
                count = len(values)
                assert count in columns if columns else count >= 7 and count % 2 == 1, "%s numbers in %s" % (count, labels)
                assert values[0] == int(values[0]) and 0 <= values[0] < len(names), "no class: " + row[0]
                places = values[1:] if task != "pose" else values[1:5] + [v for at in range(5, count, numbers) for v in values[at:at + 2]]
                assert all(0 <= value <= 1 for value in places), "outside of the picture: " + " ".join(row)
                found.append({"path": os.path.basename(picture), "label": names[int(values[0])], "values": values[1:]})
    return found


def classified(folder):
    """A folder for each split, in it one for each class, as torchvision and Ultralytics read them."""
    found = []
    for split in sorted(os.listdir(folder)):
        if os.path.isdir(os.path.join(folder, split)):
            for label in sorted(os.listdir(os.path.join(folder, split))):
                found += [{"path": name, "label": label, "split": split} for name in sorted(os.listdir(os.path.join(folder, split, label)))]
    return found


def with_database(work):
    """FiftyOne keeps its samples in MongoDB: one of its own package, below a folder that goes again. It wants OpenSSL 1.1, which another package brings."""
    import glob
    import shutil
    import site
    import socket
    import subprocess
    import tempfile

    room = tempfile.mkdtemp(prefix="fovea-fiftyone-")
    packages = site.getsitepackages()[0]
    for library in ("libssl", "libcrypto"):
        for path in glob.glob(os.path.join(packages, "psycopg2_binary.libs", library + "-*.so.1.1")):
            os.symlink(path, os.path.join(room, library + ".so.1.1"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.mkdir(os.path.join(room, "db"))
    program = os.path.join(packages, "fiftyone", "db", "bin", "mongod")
    command = [program, "--dbpath", os.path.join(room, "db"), "--port", str(port), "--bind_ip", "127.0.0.1", "--nounixsocket", "--quiet"]
    database = subprocess.Popen(command, env={**os.environ, "LD_LIBRARY_PATH": room}, stdout=subprocess.DEVNULL)
    try:
        os.environ.update(
            HOME=room,
            FIFTYONE_DATABASE_URI="mongodb://127.0.0.1:%d" % port,
            FIFTYONE_DEFAULT_DATASET_DIR=os.path.join(room, "sets"),
            FIFTYONE_DO_NOT_TRACK="1",
            FIFTYONE_SHOW_PROGRESS_BARS="0",
        )
        return work()
    finally:
        database.kill()
        database.wait()
        shutil.rmtree(room, ignore_errors=True)


def fiftyone(*given):
    """Several folders, each followed by its kind, as it takes long to start."""
    return with_database(lambda: [sampled(folder, kind) for folder, kind in zip(given[::2], given[1::2])])


def sampled(folder, kind):
    import fiftyone as fo

    if kind == "fiftyone":
        data = fo.Dataset.from_dir(dataset_dir=folder, dataset_type=fo.types.FiftyOneDataset)
    elif kind == "coco":
        data = fo.Dataset.from_dir(
            dataset_type=fo.types.COCODetectionDataset,
            data_path=os.path.join(folder, "images"),
            labels_path=os.path.join(folder, "annotations", "instances_default.json"),
            label_types=["detections"],
        )
    elif kind == "voc":
        data = fo.Dataset.from_dir(dataset_type=fo.types.VOCDetectionDataset, data_path=os.path.join(folder, "JPEGImages"), labels_path=os.path.join(folder, "Annotations"))
    else:
        data = fo.Dataset.from_dir(dataset_type=fo.types.YOLOv5Dataset, yaml_path=os.path.join(folder, "data.yaml"), split="train")
    data.compute_metadata()
    found = []
    for sample in data:
        width, height = sample.metadata.width, sample.metadata.height
        base = {"path": os.path.basename(sample.filepath), "tags": sample.tags, "there": os.path.isfile(sample.filepath)}
        found.append({**base, "type": "sample"})
        for field in sample.field_names:
            value = sample[field]
            for label in getattr(value, getattr(type(value), "_LABEL_LIST_FIELD", ""), None) or []:
                entry = {**base, "type": type(label).__name__, "label": label.label, "attributes": {name: value for name, value in label.iter_attributes()} if hasattr(label, "iter_attributes") else {}}
                if isinstance(label, fo.Detection):
                    x, y, w, h = label.bounding_box
                    entry["box"] = [x * width, y * height, (x + w) * width, (y + h) * height]
                    entry["pixels"] = None if label.mask is None else int((label.mask > 0).sum())
                if isinstance(label, fo.Polyline):
                    entry["points"] = [[[x * width, y * height] for x, y in shape] for shape in label.points]
                found.append(entry)
    data.delete()
    return found


def tables(folder):
    """The table of labels as Arrow reads it."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(os.path.join(folder, "annotations.parquet"))
    return [{name: row[name] for name in ("path", "label", "type", "xmin", "ymin", "xmax", "ymax", "split")} for row in table.to_pylist()]


def shards(folder):
    """The shards as the loader of WebDataset gives them, sample by sample."""
    import webdataset

    files = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".tar"))
    found = []
    for sample in webdataset.WebDataset(files, shardshuffle=False).decode("pil"):
        picture = sample.get("png")
        labels = [annotation["label"] for annotation in sample["json"]["annotations"]]
        found.append({"path": sample["json"]["path"], "labels": labels, "size": None if picture is None else list(picture.size)})
    return found


def records(folder):
    """The records as the reader of the package tfrecord gives them."""
    from tfrecord.reader import tfrecord_loader

    def texts(value):
        """It gives one text as itself, and several or none as an array."""
        return [value.decode()] if isinstance(value, bytes) else [one.decode() for one in value]

    found = []
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".tfrecord"):
            continue
        for record in tfrecord_loader(os.path.join(folder, name), None):
            size = [int(record["image/width"][0]), int(record["image/height"][0])]
            labels = texts(record["image/object/class/text"])
            found.append({"path": record["image/filename"].decode(), "size": size, "labels": labels, "encoded": len(record["image/encoded"])})
    return found


def datumaro(folder, kind):
    from datumaro.components.dataset import Dataset

    data = Dataset.import_from(folder, kind)
    labels = [label.name for label in data.categories()[next(key for key in data.categories() if key.name == "label")]]
    found = []
    for item in data:
        for annotation in item.annotations:
            label = getattr(annotation, "label", None)
            entry = {"path": item.id, "label": None if label is None else labels[label], "type": annotation.type.name}
            if entry["type"] == "bbox":
                entry["box"] = [annotation.x, annotation.y, annotation.x + annotation.w, annotation.y + annotation.h]
            found.append(entry)
    return found


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    out, sys.stdout = sys.stdout, sys.stderr
    readers = [pycocotools, coco_results, supervision, ultralytics, classified, fiftyone, tables, shards, records, datumaro]
    result = {reader.__name__: reader for reader in readers}[name.replace("-", "_")](*rest)
    print(json.dumps(result), file=out)
