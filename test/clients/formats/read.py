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


def datumaro(folder, kind):
    from datumaro.components.dataset import Dataset

    data = Dataset.import_from(folder, kind)
    labels = [label.name for label in data.categories()[next(key for key in data.categories() if key.name == "label")]]
    return [{"path": item.id, "label": labels[annotation.label], "type": annotation.type.name} for item in data for annotation in item.annotations]


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    out, sys.stdout = sys.stdout, sys.stderr
    result = {"pycocotools": pycocotools, "coco-results": coco_results, "supervision": supervision, "datumaro": datumaro}[name](*rest)
    print(json.dumps(result), file=out)
