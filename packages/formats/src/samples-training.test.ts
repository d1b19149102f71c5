import { decodeRle, encodeRle, maskBounds, runsFromBitmap } from '@fovea/geometry';
import { describe, expect, it } from 'vitest';
import { readSamples as read } from '../test/read-samples.ts';
import { cocoRecords, indexCoco } from './coco-file.ts';
import { memorySource } from './files.ts';
import { ReadContext } from './reading.ts';

const json = (value: unknown) => JSON.stringify(value);

describe('COCO as others write it', () => {
  const images = [
    { id: 7, file_name: 'a.jpg', width: 100, height: 80, license: 3 },
    { id: 9, file_name: 'b.jpg', width: 100, height: 80 },
  ];
  const categories = [
    { id: 1, name: 'person', supercategory: 'person', keypoints: ['nose', 'tail'], skeleton: [[1, 2]] },
    { id: 44, name: 'bottle', supercategory: 'kitchen' },
  ];
  const box = { bbox: [10, 10, 20, 20], area: 400, iscrowd: 0 };

  it('reads a person as outline and key points of one group, and leaves absent key points', async () => {
    const annotations = [
      {
        ...box,
        id: 5,
        image_id: 7,
        category_id: 1,
        segmentation: [[10, 10, 30, 10, 30, 30, 10, 30]],
        keypoints: [12, 12, 2, 0, 0, 0],
        num_keypoints: 1,
      },
      { ...box, id: 6, image_id: 7, category_id: 1, keypoints: [0, 0, 0, 0, 0, 0], num_keypoints: 0 },
    ];
    const { first, items, labels, report } = await read(
      {
        'annotations/instances_val2017.json': json({ info: {}, images, annotations, categories }),
        'val2017/a.jpg': '',
      },
      'coco',
    );
    expect(first).toMatchObject({ path: 'a.jpg', file: 'val2017/a.jpg', split: 'val', metadata: { license: 3 } });
    expect(first.annotations.map(({ type, group, id }) => [type, group, id])).toEqual([
      ['polygon', 'object 5', '5'],
      ['keypoints', 'object 5', '5-1'],
      ['box', undefined, '6'],
    ]);
    expect(items[1]?.annotations).toEqual([]);
    expect(labels[0]).toMatchObject({
      name: 'person',
      skeleton: { points: ['nose', 'tail'], edges: [['nose', 'tail']] },
    });
    expect(labels[1]).toMatchObject({ name: 'bottle', parent: 'kitchen' });
    expect(report).toMatchObject({ items: 2, kept: 3, dropped: 0 });
  });

  it('reads crowds, both kinds of run lengths, and what does not fit by its fault', async () => {
    const rle = encodeRle(runsFromBitmap(new Uint8Array(8000).fill(1, 0, 50), 100, 80));
    const annotations = [
      {
        ...box,
        id: 1,
        image_id: 7,
        category_id: 44,
        iscrowd: 1,
        bbox: [0, 0, 50, 1],
        segmentation: { size: [80, 100], counts: [...decodeRle(rle).lengths] },
      },
      { ...box, id: 2, image_id: 7, category_id: 44, bbox: [0, 0, 50, 1], segmentation: rle, score: 0.5 },
      { ...box, id: 3, image_id: 7, category_id: 44, segmentation: { size: [80, 100], counts: [1, 2] } },
      { ...box, id: 4, image_id: 7, category_id: 99 },
      { ...box, id: 5, image_id: 1000, category_id: 44 },
      { ...box, id: 6, image_id: 7, category_id: 44, bbox: [1e9, 0, 5, 5] },
    ];
    const { first, report } = await read({ 'annotations.json': json({ images, annotations, categories }) }, 'coco');
    const [crowd, single] = first.annotations;
    expect(crowd).toMatchObject({ type: 'mask', attributes: { iscrowd: true } });
    expect(single).toMatchObject({ type: 'mask', confidence: 0.5 });
    expect(maskBounds((single!.geometry as { rle: typeof rle }).rle)).toEqual({ x: 0, y: 0, width: 50, height: 1 });
    expect(report.dropped).toBe(4);
    expect(report.notes.map((note) => note.how).join('\n')).toMatch(
      /runs of 3 pixels, not 8000[^]*category is not in the file[^]*far outside/,
    );
  });

  it('brings together annotations that stand apart, in as many goes as memory allows', async () => {
    const many = Array.from({ length: 50 }, (_, id) => ({ id, file_name: `${id}.jpg`, width: 10, height: 10 }));
    const annotations = Array.from({ length: 500 }, (_, id) => ({
      id,
      image_id: (id * 7) % 50,
      category_id: 1,
      bbox: [0, 0, 1, 1],
    }));
    const context = new ReadContext(memorySource({ 'a.json': json({ annotations, images: many, categories }) }), {});
    const index = await indexCoco(context, 'a.json');
    expect(index.isGrouped).toBe(false);
    const found = await Array.fromAsync(cocoRecords(context, index, 2000));
    expect(found.map(({ image }) => image['id'])).toEqual(many.map(({ id }) => id));
    for (const { image, records } of found) {
      expect(records).toHaveLength(10);
      expect(new Set(records.map((record) => record['image_id']))).toEqual(new Set([image['id']]));
    }
  });

  it('refuses pictures outside the dataset, and the same one twice', async () => {
    const bad = ['../../etc/passwd', '/etc/passwd', 'C:\\a.jpg', 'ok.jpg', 'ok.jpg'].map((file_name, id) => ({
      id,
      file_name,
      width: 1,
      height: 1,
    }));
    const { items, report } = await read({ 'a.json': json({ images: bad, annotations: [], categories }) }, 'coco');
    expect(items.map((item) => item.path)).toEqual(['ok.jpg']);
    expect(report.sums.map(({ how, count }) => [how, count])).toEqual([
      ['item left out: its path is missing or leaves the dataset', 3],
      ['item left out: its path was there before', 1],
    ]);
  });
});

describe('YOLO as others write it', () => {
  const mediaOf = () => ({ width: 200, height: 100 });

  it('reads data.yaml with ways up, lists of names, splits as folders (Roboflow)', async () => {
    const files = {
      'data.yaml':
        'train: ../train/images\nval: ../valid/images\nnc: 2\nnames: [cat, "big dog"]\nroboflow:\n  license: CC\n',
      'train/images/a.jpg': '',
      'train/labels/a.txt': '1 0.5 0.5 0.2 0.4\n0 0.25 0.5 0.1 0.1 0.875\n',
      'valid/images/b.jpg': '',
    };
    const { items, labels } = await read(files, 'yolo', { mediaOf });
    expect(labels.map((label) => label.name)).toEqual(['cat', 'big dog']);
    expect(items.map(({ path, split }) => [path, split])).toEqual([
      ['a.jpg', 'train'],
      ['b.jpg', 'val'],
    ]);
    expect(items[0]?.annotations).toMatchObject([
      { label: 'big dog', geometry: { type: 'box', x: 80, y: 30, width: 40, height: 40 } },
      { label: 'cat', confidence: 0.875 },
    ]);
  });

  it('says what it cannot read, and reads classes without names', async () => {
    const files = {
      'images/a.png': '',
      'labels/a.txt': '3 0.5 0.5 0.2 0.4\nx y z\n1 0.5\n',
      'labels/lost.txt': '0 0.5 0.5 1 1\n',
    };
    const { first, report } = await read(files, 'yolo', { mediaOf });
    expect(first.annotations.map((annotation) => annotation.label)).toEqual(['class 3']);
    expect(report.dropped).toBe(2);
    expect(report.notes).toContainEqual({
      outcome: 'noted',
      path: 'labels/lost.txt',
      how: 'label file left out: there is no picture for it',
    });
  });

  it('takes names from the dataset where the files have none', async () => {
    const files = { 'a.jpg': '', 'a.txt': '1 0.5 0.5 0.2 0.4\n' };
    const { first } = await read(files, 'yolo', { mediaOf, labels: { labels: [{ name: 'zero' }, { name: 'one' }] } });
    expect(first.annotations[0]?.label).toBe('one');
  });

  it('does not let aliases in data.yaml grow', async () => {
    const bomb = `a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nnames: [*b,*b]\n`;
    const { labels } = await read(
      { 'data.yaml': bomb, 'images/a.jpg': '', 'labels/a.txt': '0 0.5 0.5 0.1 0.1\n' },
      'yolo',
      { mediaOf },
    );
    expect(labels.map((label) => label.name)).toEqual(['class 0']);
  });
});

it('Pascal VOC: flags, bare file names in folders, DOCTYPE without effect', async () => {
  const xml = `<?xml version="1.0"?><annotation><folder>VOC2012</folder><filename>a.jpg</filename>
    <size><width>500</width><height>333</height><depth>3</depth></size>
    <object><name>dog</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
      <bndbox><xmin>8</xmin><ymin>12</ymin><xmax>352</xmax><ymax>300.5</ymax></bndbox>
      <part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part></object>
    <object><name>cat</name></object></annotation>`;
  const { first, report } = await read(
    { 'VOC/Annotations/sub/a.xml': xml, 'VOC/ImageSets/Main/train.txt': 'sub/a\n', 'VOC/JPEGImages/sub/a.jpg': '' },
    'voc',
  );
  expect(first).toMatchObject({
    path: 'sub/a.jpg',
    file: 'VOC/JPEGImages/sub/a.jpg',
    width: 500,
    height: 333,
    split: 'train',
  });
  expect(first.annotations).toMatchObject([
    {
      label: 'dog',
      geometry: { type: 'box', x: 8, y: 12, width: 344, height: 288.5 },
      attributes: { pose: 'Left', truncated: true },
    },
  ]);
  expect(report.notes.map((note) => note.how)).toEqual([
    'parts of an object left out',
    'it has no box of four numbers',
  ]);
});

it("MOT: the benchmark's own rows and classes", async () => {
  const files = {
    'MOT16/train/MOT16-02/gt/gt.txt':
      '1,1,10,20,30,40,1,1,1\n2,1,11,20,30,40,1,1,0.5\n4,1,12,20,30,40,1,1,1\n1,2,0,0,5,5,0,3,1\nbad\n',
    'MOT16/train/MOT16-02/seqinfo.ini':
      '[Sequence]\nname=MOT16-02\nimDir=img1\nframeRate=30\nseqLength=600\nimWidth=1920\nimHeight=1080\nimExt=.jpg\n',
  };
  const { first, report } = await read(files, 'mot');
  expect(first).toMatchObject({ path: 'MOT16-02', split: 'train', frames: 600, fps: 30, width: 1920 });
  expect(first.annotations).toMatchObject([
    {
      label: 'Pedestrian',
      frame: 0,
      endFrame: 3,
      keyframes: [{ frame: 0 }, { frame: 1 }, { frame: 2, outside: true }, { frame: 3 }],
    },
    { label: 'Car', frame: 0, endFrame: null },
  ]);
  expect(report).toMatchObject({ dropped: 1 });
});

it('KITTI: rows with boxes in space', async () => {
  const files = {
    'training/label_2/000000.txt':
      'Pedestrian 0.25 1 -0.20 712.40 143.00 810.73 307.92 1.89 0.48 1.20 1.84 1.47 8.41 0.01\nDontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10\n',
    'training/image_2/000000.png': '',
  };
  const { first, report } = await read(files, 'kitti', { mediaOf: () => ({ width: 1224, height: 370 }) });
  expect(first).toMatchObject({ path: '000000.png', split: 'train' });
  expect(first.annotations).toMatchObject([
    { label: 'Pedestrian', geometry: { x: 712.4, y: 143 }, attributes: { truncated: 0.25, occluded: 1 } },
    { label: 'DontCare', attributes: {} },
  ]);
  expect(report).toMatchObject({ kept: 1, approximated: 1 });
});

it('Open Images: machine ids, a list of names without a first row, absent labels', async () => {
  const files = {
    'validation-annotations-bbox.csv':
      'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n0001eeaf4aed83f9,xclick,/m/0cmf2,1,0.25,0.75,0,1,0,1,-1,0,0\n',
    'validation-annotations-human-imagelabels.csv':
      'ImageID,Source,LabelName,Confidence\n0001eeaf4aed83f9,verification,/m/0cmf2,1\n0001eeaf4aed83f9,verification,/m/04yx4,0\n',
    'class-descriptions-boxable.csv': '/m/0cmf2,Airplane\n/m/04yx4,Man\n',
    'validation/0001eeaf4aed83f9.jpg': '',
  };
  const { first, report, labels } = await read(files, 'open-images', { mediaOf: () => ({ width: 200, height: 100 }) });
  expect(first).toMatchObject({ path: '0001eeaf4aed83f9.jpg', split: 'val' });
  expect(first.annotations).toMatchObject([
    {
      label: 'Airplane',
      geometry: { type: 'box', x: 50, y: 0, width: 100, height: 100 },
      attributes: { truncated: true },
    },
    { label: 'Airplane', type: 'classification' },
  ]);
  expect(labels.map((label) => label.name)).toEqual(['Airplane', 'Man']);
  expect(report).toMatchObject({ dropped: 1 });
});

it('Open Images: tables in a folder of their own, pictures below images, a list of pictures, one class alone', async () => {
  const files = {
    'set/annotations/oidv6-train-annotations-bbox.csv':
      'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\nstreet/a,xclick,/m/0cmf2,1,0,0.5,0,1\n',
    'set/annotations/train-images-with-labels-with-rotation.csv':
      'ImageID,Subset,OriginalURL,Rotation\nstreet/a,train,,0.0\nb,test,https://example.org/b.jpg,\n',
    'set/annotations/class-descriptions.csv': '/m/0cmf2,Airplane\n',
    'set/images/train/street/a.png': '',
    'set/images/test/b.png': '',
  };
  const { items, report } = await read(files, 'open-images', { mediaOf: () => ({ width: 200, height: 100 }) });
  expect(items.map(({ path, split, file, annotations }) => [path, split, file, annotations.map((one) => one.label)])).toEqual([
    ['street/a.png', 'train', 'set/images/train/street/a.png', ['Airplane']],
    ['b.png', 'test', 'set/images/test/b.png', []],
  ]);
  expect(report).toMatchObject({ items: 2, kept: 1, dropped: 0 });
});
