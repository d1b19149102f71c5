import { decodeRle, maskBounds, runsArea } from '@fovea/geometry';
import { expect, it } from 'vitest';
import { readSamples as read } from '../test/read-samples.ts';
import { toBase64 } from './files.ts';
import { encodePng } from './png.ts';

const json = (value: unknown) => JSON.stringify(value);

it('CVAT: tracks with frames between key frames, attributes, outside, groups', async () => {
  const shape = (frame: number, key: number, outside: number, left: number, open: string) =>
    `<box frame="${frame}" keyframe="${key}" outside="${outside}" occluded="0" xtl="${left}" ytl="0" xbr="${left + 10}" ybr="10" z_order="0"><attribute name="open">${open}</attribute><attribute name="make">vw</attribute></box>`;
  const xml = `<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><meta><task><id>1</id><name>film</name><size>20</size><mode>interpolation</mode>
    <labels><label><name>car</name><color>#ff00aa</color><attributes><attribute><name>make</name><mutable>False</mutable><input_type>select</input_type><values>vw
bmw</values></attribute></attributes></label></labels><original_size><width>100</width><height>50</height></original_size><source>film.mp4</source></task></meta>
    <track id="0" label="car" source="manual">${shape(2, 1, 0, 0, 'false')}${shape(3, 0, 0, 5, 'false')}${shape(4, 1, 0, 10, 'true')}${shape(6, 1, 1, 10, 'true')}</track></annotations>`;
  const { first, labels } = await read({ 'annotations.xml': xml }, 'cvat');
  expect(first).toMatchObject({ path: 'film.mp4', frames: 20, width: 100, height: 50 });
  expect(first.annotations).toMatchObject([
    {
      label: 'car',
      source: 'human',
      attributes: { make: 'vw' },
      frame: 2,
      endFrame: 5,
      keyframes: [
        { frame: 2, geometry: { x: 0 }, attributes: { open: false } },
        { frame: 4, geometry: { x: 10 }, attributes: { open: true } },
      ],
    },
  ]);
  expect(labels[0]).toMatchObject({
    name: 'car',
    color: '#ff00aa',
    attributes: [{ name: 'make', type: 'select', options: ['vw', 'bmw'], mutable: false }],
  });
});

it('CVAT: pictures with every kind of shape', async () => {
  const xml = `<annotations><version>1.1</version><image id="0" name="a/b.jpg" width="40" height="30">
    <box label="x" occluded="1" xtl="1" ytl="2" xbr="11" ybr="12" rotation="90.0" z_order="0"/>
    <mask label="x" rle="1, 2, 1" left="3" top="4" width="2" height="2" z_order="0"/>
    <points label="x" points="1,2;3,4"/>
    <skeleton label="p"><points label="nose" outside="0" occluded="1" points="5,6"/><points label="tail" outside="1" points="0,0"/></skeleton>
    <tag label="day" source="auto"/><blob label="x"/></image></annotations>`;
  const { first, report } = await read({ 'annotations.xml': xml }, 'cvat');
  const [box, mask, one, two, skeleton, tag] = first.annotations;
  expect(box).toMatchObject({
    geometry: { type: 'rotated_box', cx: 6, cy: 7, width: 10, height: 10, angle: Math.PI / 2 },
    attributes: { occluded: true },
  });
  expect(
    mask!.geometry.type === 'mask' && [maskBounds(mask!.geometry.rle), runsArea(decodeRle(mask!.geometry.rle))],
  ).toEqual([{ x: 3, y: 4, width: 2, height: 2 }, 2]);
  expect([one, two]).toMatchObject([
    { geometry: { x: 1, y: 2 }, group: 'points 2' },
    { geometry: { x: 3, y: 4 }, group: 'points 2' },
  ]);
  expect(skeleton!.geometry).toEqual({
    type: 'keypoints',
    points: [
      { name: 'nose', x: 5, y: 6, visibility: 1 },
      { name: 'tail', x: 0, y: 0, visibility: 0 },
    ],
  });
  expect(tag).toMatchObject({ type: 'classification', source: 'model' });
  expect(report.notes[0]?.how).toBe('a shape of type blob is not known');
});

it('Label Studio: percent, links, controls of a region, predictions, video boxes', async () => {
  const size = { original_width: 200, original_height: 100, image_rotation: 0 };
  const tasks = [
    {
      id: 3,
      data: { image: '/data/upload/1/abcdef01-a%20b.jpg' },
      annotations: [
        {
          result: [
            {
              id: 'q',
              type: 'rectanglelabels',
              from_name: 'label',
              to_name: 'image',
              ...size,
              value: { x: 10, y: 20, width: 50, height: 50, rotation: 0, rectanglelabels: ['Car'] },
            },
            { id: 'q', type: 'choices', from_name: 'color', to_name: 'image', ...size, value: { choices: ['red'] } },
            { id: 'w', type: 'choices', from_name: 'weather', to_name: 'image', value: { choices: ['sunny'] } },
            { id: 'z', type: 'ranker', value: {} },
          ],
        },
      ],
      predictions: [
        {
          result: [
            {
              id: 'p',
              type: 'polygonlabels',
              ...size,
              score: 0.25,
              value: {
                points: [
                  [0, 0],
                  [100, 0],
                  [100, 100],
                ],
                polygonlabels: ['Car'],
              },
            },
          ],
        },
      ],
    },
    {
      data: { video: 'https://host/films/f.mp4?x=1' },
      annotations: [
        {
          result: [
            {
              id: 'v',
              type: 'videorectangle',
              ...size,
              value: {
                framesCount: 10,
                labels: ['Car'],
                sequence: [
                  { frame: 1, enabled: true, x: 0, y: 0, width: 10, height: 10, rotation: 0 },
                  { frame: 5, enabled: false, x: 10, y: 0, width: 10, height: 10, rotation: 0 },
                ],
              },
            },
          ],
        },
      ],
    },
  ];
  const { items, report } = await read({ 'project-1.json': json(tasks) }, 'label-studio');
  expect(items.map((item) => item.path)).toEqual(['a b.jpg', 'films/f.mp4']);
  expect(items[0]?.annotations).toMatchObject([
    { label: 'Car', geometry: { type: 'box', x: 20, y: 20, width: 100, height: 50 }, attributes: { color: ['red'] } },
    { label: 'sunny', type: 'classification' },
    { label: 'Car', type: 'polygon', source: 'model', confidence: 0.25 },
  ]);
  expect(items[1]?.annotations).toMatchObject([
    { frame: 0, endFrame: 4, keyframes: [{ frame: 0 }, { frame: 4, geometry: { x: 20 } }] },
  ]);
  expect(report.dropped).toBe(1);
});

it('LabelMe: pictures beside or above, circles, masks, unknown shapes', async () => {
  const mask = toBase64(encodePng({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) }));
  const file = {
    version: '5.4.1',
    flags: { night: true, day: false },
    shapes: [
      {
        label: 'a',
        points: [
          [5, 5],
          [8, 9],
        ],
        group_id: 2,
        shape_type: 'circle',
        flags: { hard: true },
      },
      {
        label: 'b',
        points: [
          [9, 2],
          [1, 8],
        ],
        group_id: null,
        shape_type: 'rectangle',
        flags: {},
      },
      {
        label: 'c',
        points: [
          [3, 4],
          [4, 4],
        ],
        shape_type: 'mask',
        mask,
      },
      { label: 'd', points: [[3, 4]], shape_type: 'spiral' },
    ],
    imagePath: '..\\images\\x.jpg',
    imageHeight: 20,
    imageWidth: 20,
  };
  const { first, report } = await read({ 'labels/x.json': json(file), 'images/x.jpg': '' }, 'labelme');
  expect(first).toMatchObject({ path: 'images/x.jpg', file: 'images/x.jpg' });
  expect(first.annotations).toMatchObject([
    { geometry: { type: 'ellipse', cx: 5, cy: 5, rx: 5, ry: 5 }, group: 'group 2', attributes: { hard: true } },
    { geometry: { type: 'box', x: 1, y: 2, width: 8, height: 6 } },
    { type: 'mask' },
    { label: 'night', type: 'classification' },
  ]);
  const third = first.annotations[2]!.geometry;
  expect(third.type === 'mask' && maskBounds(third.rle)).toEqual({ x: 4, y: 4, width: 1, height: 1 });
  expect(report.notes[0]?.how).toContain('needs two points');
});

it('Datumaro: categories after items, captions, scores', async () => {
  const items = [
    {
      id: 'x',
      annotations: [
        { id: 0, type: 'bbox', attributes: { score: 0.5, occluded: false }, group: 3, label_id: 1, bbox: [1, 2, 3, 4] },
        { id: 1, type: 'caption', attributes: {}, group: 0, caption: 'a dog' },
        { id: 2, type: 'bbox', group: 0, label_id: 9, bbox: [1, 2, 3, 4] },
      ],
      attr: { frame: 5 },
      image: { path: 'x.jpg', size: [10, 20] },
    },
  ];
  const { first, report } = await read(
    {
      'annotations/train.json': json({
        dm_format_version: '1.0',
        items,
        categories: { label: { labels: [{ name: 'bg' }, { name: 'dog' }] } },
      }),
    },
    'datumaro',
  );
  expect(first).toMatchObject({ path: 'x.jpg', width: 20, height: 10, split: 'train', metadata: { frame: 5 } });
  expect(first.annotations).toMatchObject([
    { label: 'dog', confidence: 0.5, attributes: { occluded: false }, group: 'group 3' },
    { type: 'text', geometry: { text: 'a dog' } },
  ]);
  expect(report.dropped).toBe(1);
});

it('FiftyOne: shares of the picture, tags, lines of several parts', async () => {
  const samples = [
    {
      _id: { $oid: '1' },
      filepath: 'data/x.jpg',
      tags: ['validation', 'checked'],
      metadata: { _cls: 'ImageMetadata', width: 100, height: 50, mime_type: 'image/jpeg' },
      weather: 'rain',
      ground_truth: {
        _cls: 'Detections',
        detections: [
          { _id: {}, _cls: 'Detection', label: 'cat', bounding_box: [0.1, 0.2, 0.3, 0.4], iscrowd: 0, tags: [] },
        ],
      },
      lines: {
        _cls: 'Polylines',
        polylines: [
          {
            _cls: 'Polyline',
            label: 'lane',
            points: [
              [
                [0, 0],
                [1, 1],
              ],
              [
                [0.5, 0],
                [1, 0],
              ],
            ],
            closed: false,
            filled: false,
          },
        ],
      },
      scene: { _cls: 'Classification', label: 'city', confidence: 0.5 },
      odd: { _cls: 'GeoLocation' },
    },
  ];
  const { first, report } = await read({ 'samples.json': json({ samples }), 'metadata.json': '{}' }, 'fiftyone');
  expect(first).toMatchObject({ path: 'x.jpg', split: 'val', metadata: { weather: 'rain' }, mediaType: 'image/jpeg' });
  expect(first.annotations).toMatchObject([
    { label: 'cat', geometry: { x: 10, y: 10, width: 30, height: 20 }, attributes: { iscrowd: 0 } },
    { type: 'polyline', group: 'parts of lines.0' },
    { type: 'polyline', group: 'parts of lines.0' },
    { label: 'city', type: 'classification', confidence: 0.5 },
  ]);
  expect(report.sums.map(({ how }) => how).sort()).toEqual([
    'a label of class GeoLocation is not known',
    'further tags of a sample left out',
  ]);
});

it('Labelbox: objects, nested answers, masks behind links', async () => {
  const row = {
    data_row: { id: 'ck1', external_id: 'x.jpg', row_data: 'https://host/x.jpg' },
    media_attributes: { width: 100, height: 50 },
    projects: {
      p1: {
        name: 'P',
        labels: [
          {
            annotations: {
              objects: [
                {
                  feature_id: 'f1',
                  name: 'Car',
                  bounding_box: { top: 1, left: 2, height: 3, width: 4 },
                  classifications: [{ name: 'color', radio_answer: { name: 'Red', value: 'red' } }],
                },
                { feature_id: 'f2', name: 'Road', mask: { url: 'https://host/mask' } },
              ],
              classifications: [{ name: 'weather', value: 'weather', radio_answer: { name: 'Sunny', value: 'sunny' } }],
            },
          },
        ],
      },
    },
  };
  const { first, report } = await read({ 'export.ndjson': `${json(row)}\n` }, 'labelbox');
  expect(first.annotations).toMatchObject([
    { id: 'f1', label: 'Car', geometry: { x: 2, y: 1, width: 4, height: 3 }, attributes: { color: 'Red' } },
    { label: 'Sunny', type: 'classification', attributes: { question: 'weather' } },
  ]);
  expect(report.notes[0]?.how).toBe('its mask lies behind a link');
});

it('Dataloop: a file for each item, snapshots that hold, ellipses in degrees', async () => {
  const item = {
    id: 'i1',
    filename: '/films/f.mp4',
    metadata: {
      system: { width: 100, height: 50, mimetype: 'video/mp4', ffmpeg: { nb_read_frames: '40' } },
      fps: 25,
      user: { a: 1 },
    },
    annotations: [
      {
        id: 'a1',
        type: 'box',
        label: 'car',
        coordinates: [
          { x: 0, y: 0, z: 0 },
          { x: 10, y: 10, z: 0 },
        ],
        metadata: {
          system: {
            frame: 0,
            endFrame: 20,
            attributes: { open: false },
            snapshots_: [
              {
                frame: 10,
                fixed: true,
                type: 'box',
                objectVisible: true,
                data: [
                  { x: 20, y: 0 },
                  { x: 30, y: 10 },
                ],
                namedAttributes: { open: true },
              },
            ],
          },
          user: {},
        },
      },
      {
        id: 'a2',
        type: 'ellipse',
        label: 'wheel',
        coordinates: { angle: 90, center: { x: 5, y: 6, z: 0 }, rx: 3, ry: 2 },
        metadata: { system: { frame: 3, endFrame: 3 }, user: {} },
      },
      { id: 'a3', type: 'gis', label: 'x', coordinates: {}, metadata: { system: {}, user: {} } },
    ],
  };
  const { first, report } = await read({ 'json/films/f.json': json(item) }, 'dataloop');
  expect(first).toMatchObject({ path: 'films/f.mp4', frames: 40, fps: 25, metadata: { a: 1 } });
  expect(first.annotations[0]).toMatchObject({
    endFrame: 20,
    keyframes: [
      { frame: 0, geometry: { x: 0 }, attributes: { open: false } },
      { frame: 9, geometry: { x: 0 } },
      { frame: 10, geometry: { x: 20 }, attributes: { open: true } },
    ],
  });
  expect(first.annotations[1]).toMatchObject({
    geometry: { type: 'ellipse', angle: Math.PI / 2 },
    frame: 3,
    endFrame: null,
  });
  expect(report.notes[0]?.how).toBe('an annotation of type gis is not known');
});

it('Scale: a list of tasks as the API answers it, with links and without response', async () => {
  const tasks = {
    docs: [
      {
        task_id: 't1',
        type: 'imageannotation',
        status: 'completed',
        params: { attachment: 'https://host/pics/a.jpg', attachment_type: 'image' },
        metadata: { lot: 7 },
        response: {
          annotations: [
            {
              uuid: 'u1',
              type: 'box',
              label: 'car',
              left: 1,
              top: 2,
              width: 3,
              height: 4,
              attributes: { color: 'red' },
            },
            { uuid: 'u2', type: 'cuboid', label: 'car', vertices: [] },
          ],
        },
      },
      { task_id: 't2', type: 'imageannotation', status: 'pending', params: { attachment: 'https://host/pics/b.jpg' } },
    ],
    total: 2,
  };
  const { items, report } = await read({ 'tasks.json': json(tasks) }, 'scale');
  expect(items.map((item) => item.path)).toEqual(['pics/a.jpg', 'pics/b.jpg']);
  expect(items[0]).toMatchObject({
    metadata: { lot: 7 },
    annotations: [
      { id: 'u1', geometry: { type: 'box', x: 1, y: 2, width: 3, height: 4 }, attributes: { color: 'red' } },
    ],
  });
  expect(report.sums.map(({ how }) => how).sort()).toEqual([
    'a cuboid needs eight vertices',
    'the task has no response yet',
  ]);
});
