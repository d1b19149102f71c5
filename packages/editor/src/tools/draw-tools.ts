import type { AnnotationGeometry, AnnotationType, Xy } from '@fovea/contract';
import type { Editor } from '../editor/editor.ts';
import { cutSelected, punchHole } from '../editing/polygon-commands.ts';
import { addShape } from '../editing/shapes.ts';
import { boundsBetween } from '../math/bounds.ts';
import { midpoint, subtract } from '../math/vector.ts';
import { boxBetween } from '../shapes/box.ts';
import { cuboidFrom } from '../shapes/cuboid.ts';
import { keypointsIn } from '../shapes/keypoints.ts';
import { rotatedBoxOnEdge } from '../shapes/rotated-box.ts';
import { DragShapeGesture } from './drag-shape-gesture.ts';
import type { Gesture, PointerAt, Tool, ToolId } from './gesture.ts';
import { PathGesture } from './path-gesture.ts';
import { ThreeClickGesture } from './three-click-gesture.ts';

/** The tools that draw shapes from a pointer's places. */
export function drawTools(editor: Editor): Tool[] {
  return [
    drawTool(editor, 'point', 'Point', (at) => drawPoint(editor, at)),
    drawTool(editor, 'box', 'Box', (at) => drawBox(editor, at)),
    drawTool(editor, 'rotated_box', 'Rotated box', (at) => drawRotatedBox(editor, at)),
    drawTool(editor, 'polygon', 'Polygon', (at) => drawPath(editor, at, 'polygon')),
    drawTool(editor, 'polyline', 'Polyline', (at) => drawPath(editor, at, 'polyline')),
    drawTool(editor, 'ellipse', 'Ellipse', (at) => drawEllipse(editor, at)),
    drawTool(editor, 'cuboid', 'Cuboid', (at) => drawCuboid(editor, at)),
    drawTool(editor, 'keypoints', 'Key points', (at) => drawKeypoints(editor, at)),
    drawTool(editor, 'hole', 'Hole in a polygon', (at) => drawHole(editor, at)),
    drawTool(editor, 'cut', 'Cut a polygon', (at) => drawCut(editor, at)),
  ];
}

function drawTool(editor: Editor, id: ToolId, title: string, begin: (at: PointerAt) => Gesture | undefined): Tool {
  return {
    id,
    title,
    cursor: () => 'crosshair',
    press: (at) => (at.button === 0 ? begin(at) : undefined),
    overlay(at) {
      const snap = at && !editor.tools.isBusy && !at.mod ? editor.snap(at.image) : undefined;
      return snap?.to ? [{ kind: 'snap', at: snap.point }] : [];
    },
  };
}

function drawPoint(editor: Editor, at: PointerAt): undefined {
  const [x, y] = at.mod ? at.inPicture : editor.snap(at.image).point;
  addShape(editor, { type: 'point', x, y });
}

function drawBox(editor: Editor, at: PointerAt): Gesture {
  return new DragShapeGesture(editor, at, {
    shape: (from, to, { shift, alt }) => boxBetween(from, to, shift, alt),
    finish: (geometry) => addShape(editor, geometry),
  });
}

function drawEllipse(editor: Editor, at: PointerAt): Gesture {
  return new DragShapeGesture(editor, at, {
    shape(from, to, { shift, alt }) {
      const { x, y, width, height } = boxBetween(from, to, shift, alt);
      return { type: 'ellipse', cx: x + width / 2, cy: y + height / 2, rx: width / 2, ry: height / 2, angle: 0 };
    },
    finish: (geometry) => addShape(editor, geometry),
  });
}

function drawKeypoints(editor: Editor, at: PointerAt): Gesture | undefined {
  const skeleton = editor.labels.skeleton(editor.activeLabel);
  if (!skeleton) {
    editor.notify(`${editor.activeLabel} has no skeleton: choose a label with key points`);
    return undefined;
  }
  return new DragShapeGesture(editor, at, {
    shape: (from, to) => keypointsIn(skeleton, boundsBetween(from, to)),
    finish: (geometry) => addShape(editor, geometry),
  });
}

function drawRotatedBox(editor: Editor, at: PointerAt): Gesture {
  return new ThreeClickGesture(editor, at, {
    base: (from, to) => ({ kind: 'line', points: [from, to], closed: false, look: 'solid', color: activeColor(editor) }),
    shape: rotatedBoxOnEdge,
    finish: (geometry) => addShape(editor, geometry),
  });
}

function drawCuboid(editor: Editor, at: PointerAt): Gesture {
  return new ThreeClickGesture(editor, at, {
    base: (from, to) => ({ kind: 'rectangle', bounds: boundsBetween(from, to), look: 'solid' }),
    shape(from, to, third) {
      const front = boundsBetween(from, to);
      return cuboidFrom(front, subtract(third, midpoint(from, to)));
    },
    finish: (geometry) => addShape(editor, geometry),
  });
}

function drawPath(editor: Editor, at: PointerAt, type: Extract<AnnotationType, 'polygon' | 'polyline'>): Gesture {
  const closed = type === 'polygon';
  return new PathGesture(editor, at, {
    closed,
    leastPoints: closed ? 3 : 2,
    color: activeColor(editor),
    finish: (points) => addShape(editor, { type, points } satisfies AnnotationGeometry),
  });
}

function drawHole(editor: Editor, at: PointerAt): Gesture {
  return new PathGesture(editor, at, {
    closed: true,
    leastPoints: 3,
    color: '#ffffff',
    finish: (points: Xy[]) => punchHole(editor, points),
  });
}

function drawCut(editor: Editor, at: PointerAt): Gesture {
  return new PathGesture(editor, at, {
    closed: false,
    leastPoints: 2,
    color: '#ffffff',
    finish: (points: Xy[]) => cutSelected(editor, points),
  });
}

function activeColor(editor: Editor): string {
  return editor.labels.color(editor.activeLabel);
}
