import type { AnnotationGeometry, AnnotationType, GeometryOf, Xy } from '@fovea/contract';
import { distance } from '@fovea/geometry';
import type { Editor } from '../editor/editor.ts';
import { cutSelected, punchHole } from '../editing/polygon-commands.ts';
import { addShape, isMeant, mayDraw } from '../editing/shapes.ts';
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
import { editorTexts as t } from '../texts.ts';

/** The tools that draw shapes from a pointer's places. */
export function drawTools(editor: Editor): Tool[] {
  return [
    shapeTool(editor, 'point', (at) => drawPoint(editor, at)),
    shapeTool(editor, 'box', (at) => drawBox(editor, at)),
    shapeTool(editor, 'rotated_box', (at) => drawRotatedBox(editor, at)),
    shapeTool(editor, 'polygon', (at) => drawPath(editor, at, 'polygon')),
    shapeTool(editor, 'polyline', (at) => drawPath(editor, at, 'polyline')),
    shapeTool(editor, 'ellipse', (at) => drawEllipse(editor, at)),
    shapeTool(editor, 'cuboid', (at) => drawCuboid(editor, at)),
    shapeTool(editor, 'keypoints', (at) => drawKeypoints(editor, at)),
    drawTool(editor, 'hole', (at) => drawHole(editor, at)),
    drawTool(editor, 'cut', (at) => drawCut(editor, at)),
  ];
}

type DrawnType = Extract<ToolId, AnnotationType>;

/**
 * A tool that adds a shape of a type. What was selected is let go with the first press: keys pressed meanwhile (a digit,
 * Delete) are not meant for it. Nobody draws in vain what the label may not have.
 */
function shapeTool(editor: Editor, type: DrawnType, begin: (at: PointerAt) => Gesture | undefined): Tool {
  return drawTool(editor, type, (at) => {
    editor.selection.clear();
    return mayDraw(editor, type) ? begin(at) : undefined;
  });
}

function drawTool(editor: Editor, id: ToolId, begin: (at: PointerAt) => Gesture | undefined): Tool {
  return {
    id,
    title: t.tools[id],
    cursor: () => 'crosshair',
    press: (at) => (at.button === 0 ? begin(at) : undefined),
    overlay(at) {
      const snap = at && !editor.tools.isBusy && !at.mod ? editor.snap(at.image) : undefined;
      return snap?.to ? [{ kind: 'snap', at: snap.point }] : [];
    },
  };
}

function drawPoint(editor: Editor, at: PointerAt): undefined {
  // A click beside the picture means nothing; one just beside its edge means the edge.
  if (distance(at.image, at.inPicture) > editor.imageLength(editor.settings.reach)) return;
  const [x, y] = at.mod ? at.inPicture : editor.snap(at.image).point;
  addShape(editor, { type: 'point', x, y });
}

function drawBox(editor: Editor, at: PointerAt): Gesture {
  return new DragShapeGesture(editor, at, {
    shape: (from, to, held) => drawnBox(editor, from, to, held),
    finish: (geometry) => addShape(editor, geometry),
  });
}

/** Shift makes it square, Alt draws from the middle; either way it ends at the edge of the picture. */
function drawnBox({ picture, settings }: Editor, from: Xy, to: Xy, { shift, alt }: PointerAt): GeometryOf<'box'> {
  const within = settings.stayInPicture ? { minX: 0, minY: 0, maxX: picture.width, maxY: picture.height } : undefined;
  return boxBetween(from, to, { constrain: shift, fromCenter: alt, within });
}

function drawEllipse(editor: Editor, at: PointerAt): Gesture {
  return new DragShapeGesture(editor, at, {
    shape(from, to, held) {
      const { x, y, width, height } = drawnBox(editor, from, to, held);
      return { type: 'ellipse', cx: x + width / 2, cy: y + height / 2, rx: width / 2, ry: height / 2, angle: 0 };
    },
    finish: (geometry) => addShape(editor, geometry),
  });
}

function drawKeypoints(editor: Editor, at: PointerAt): Gesture | undefined {
  const skeleton = editor.labels.skeleton(editor.activeLabel);
  if (!skeleton) {
    editor.notify(t.notices.noSkeleton(editor.activeLabel));
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
    color: () => activeColor(editor),
    finish(points) {
      const geometry = { type, points } satisfies AnnotationGeometry;
      if (!isMeant(editor, geometry)) editor.notify(closed ? t.notices.enclosesNothing : t.notices.lineTooShort);
      return addShape(editor, geometry) !== undefined;
    },
  });
}

function drawHole(editor: Editor, at: PointerAt): Gesture {
  return new PathGesture(editor, at, {
    closed: true,
    leastPoints: 3,
    color: () => '#ffffff',
    finish(points) {
      punchHole(editor, points);
      return true;
    },
  });
}

function drawCut(editor: Editor, at: PointerAt): Gesture {
  return new PathGesture(editor, at, {
    closed: false,
    leastPoints: 2,
    color: () => '#ffffff',
    finish(points) {
      cutSelected(editor, points);
      return true;
    },
  });
}

function activeColor(editor: Editor): string {
  return editor.labels.color(editor.activeLabel);
}
